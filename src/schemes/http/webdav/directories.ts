import { pause } from "../../../connection/pause.ts";
import { TransportError, isTransportError } from "../../../errors/transport-error.ts";
import type { Operation } from "../../../transport/operation.ts";
import { throwIfAborted } from "../../../transport/operation.ts";
import { isTempName, tempName } from "../../../transport/temp-name.ts";
import { noteOfHolder } from "../../../transport/verbs/lock-note.ts";
import type { Location } from "../../../url/location.ts";
import { lockRequest } from "./lock-discovery.ts";
import { xmlType } from "./propfind.ts";
import { listDirectory } from "./webdav-list.ts";
import { whyNotDeleted, whyNotMade } from "./second-look.ts";
import { requireParent, transfer } from "./transfer.ts";
import type { Change, WebdavRequests } from "./webdav-requests.ts";
import { asDirectory, look } from "./webdav-stat.ts";

/** How often, and after how long, a server is asked again that is busy with the same directory for somebody else. */
const maxTries = 100;
const pauseMs = 20;

/** Makes and removes directories. */
export class Directories {
  readonly #requests: WebdavRequests;
  /** Whether the server refuses to make what is there already, as it should (RFC 4918, 9.3.1); rclone does not. */
  #refuses: Promise<boolean | undefined> | undefined;

  constructor(requests: WebdavRequests) {
    this.#requests = requests;
  }

  async make(at: Location, operation: Operation): Promise<void> {
    if (at.segments.length === 0) throw alreadyThere();
    if (await this.#doesRefuse(at, operation)) await this.#mkcol(at, operation);
    // Nobody else knows the name of a temporary.
    else if (isTempName(at.name)) await this.#mkcol(at, operation);
    else await this.#makeBeside(at, operation);
  }

  /** Deletes a directory in which nothing is. The server would delete all of it. */
  async remove(at: Location, operation: Operation): Promise<void> {
    const requests = this.#requests;
    const entries = await listDirectory(requests, at, operation);
    if (entries.length > 0) throw new TransportError("directory-not-empty", "the directory is not empty");
    const explain = whyNotDeleted({ requests, operation }, at);
    await requests.change(asDirectory(at), { method: "DELETE" }, operation, explain);
  }

  async #mkcol(at: Location, operation: Operation): Promise<void> {
    const requests = this.#requests;
    await requests.change(asDirectory(at), { method: "MKCOL" }, operation, whyNotMade({ requests, operation }, at));
  }

  /** Made under another name, and then moved, which the server refuses where something is. */
  async #makeBeside(at: Location, operation: Operation): Promise<void> {
    if ((await look(this.#requests, at, operation)) !== undefined) throw alreadyThere();
    const temporary = at.parent().resolve(`${tempName()}/`);
    await this.#mkcol(temporary, operation);
    try {
      await this.#moveInto(temporary, asDirectory(at), operation);
    } catch (error) {
      const aside = { name: operation.name, signal: undefined };
      // Where it is not deleted either, what is left has a name that tells what it is.
      await this.#requests.change(temporary, { method: "DELETE" }, aside).catch(() => undefined);
      throw isTransportError(error, "is-a-directory") ? alreadyThere() : error;
    }
  }

  async #moveInto(temporary: Location, at: Location, operation: Operation): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await transfer(this.#requests, "MOVE", temporary, at, "refuse", operation);
      } catch (error) {
        // Go's server locks both names for as long as a request takes.
        if (!isTransportError(error, "locked") || tries === maxTries) throw error;
        await pause(this.#requests.clock, pauseMs * Math.min(tries, 10), operation.signal);
        if ((await look(this.#requests, at, operation)) !== undefined) throw alreadyThere();
      }
    }
  }

  /**
   * Moves a directory to a name while nobody else does who asks for it in the same way: a server that answers MKCOL of what is there with success lets
   * two move to one name in the same moment, on different connections.
   */
  async moveAlone(to: Location, operation: Operation, move: () => Promise<void>): Promise<void> {
    if (await this.#doesRefuse(to, operation)) return await move();
    const requests = this.#requests;
    const parent = asDirectory(to.parent());
    // To lock what is not there would make a file of it.
    await requireParent(requests, to, operation);
    const headers = { "lock-token": await this.#lock(parent, operation) };
    try {
      await move();
    } finally {
      const unlock: Change = { method: "UNLOCK", headers };
      // Where that fails it ends by itself.
      await requests.change(parent, unlock, { name: operation.name, signal: undefined }).catch(() => undefined);
    }
  }

  /** The token of a lock, in its brackets, as soon as nobody else has one. */
  async #lock(parent: Location, operation: Operation): Promise<string> {
    const headers = { depth: "0", timeout: "Second-30", "content-type": xmlType };
    const change: Change = { method: "LOCK", headers, body: lockRequest(noteOfHolder(operation.name)) };
    for (let tries = 1; ; tries++) {
      try {
        const { headers: answered } = await this.#requests.change(parent, change, operation);
        const token = answered.get("lock-token");
        if (token !== undefined) return token;
        throw new TransportError("protocol-error", "the server does not tell the token of a lock");
      } catch (error) {
        if (!isTransportError(error, "locked") || tries === maxTries) throw error;
        throwIfAborted(operation);
        await pause(this.#requests.clock, pauseMs * Math.random() * Math.min(tries, 10), operation.signal);
      }
    }
  }

  async #doesRefuse(at: Location, operation: Operation): Promise<boolean> {
    const learning = (this.#refuses ??= this.#learn(at, operation));
    const refuses = await learning.finally(() => (this.#refuses = undefined));
    if (refuses !== undefined) this.#refuses = Promise.resolve(refuses);
    return refuses ?? true;
  }

  /** What is there for certain is made once more, which changes nothing. Undefined where the server says neither yes nor no. */
  async #learn(at: Location, operation: Operation): Promise<boolean | undefined> {
    const requests = this.#requests;
    await requireParent(requests, at, operation);
    try {
      await requests.change(asDirectory(at.parent()), { method: "MKCOL" }, operation);
      return false;
    } catch (error) {
      if (isTransportError(error, "unsupported")) return true;
      if (isTransportError(error, "permission-denied", "unexpected", "locked")) return undefined;
      throw error;
    }
  }
}

function alreadyThere(): TransportError {
  return new TransportError("already-exists", "there is something of that name already");
}
