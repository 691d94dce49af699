import { randomUUID } from "node:crypto";

import { TransportError, isTransportError } from "../../../errors/transport-error.ts";
import { acrossLoss, done, nothing } from "../../../transport/across-loss.ts";
import { heldLock } from "../../../transport/held-lock.ts";
import type { Lock, LockInfo } from "../../../transport/lock.ts";
import type { Operation } from "../../../transport/operation.ts";
import { startOperation, throwIfAborted } from "../../../transport/operation.ts";
import { holderFrom, lockBroken, noteOfHolder } from "../../../transport/verbs/lock-note.ts";
import type { Location } from "../../../url/location.ts";
import type { ActiveLock } from "./lock-discovery.ts";
import { lockRequest, locksOn } from "./lock-discovery.ts";
import { xmlType } from "./propfind.ts";
import { requireParent } from "./transfer.ts";
import type { WebdavRequests } from "./webdav-requests.ts";
import { asDirectory, asFile, look } from "./webdav-stat.ts";

/**
 * Locks that the server itself keeps (RFC 4918, class 2): it refuses every other write. They are taken where they are what a lock is here: held until
 * they are given back, and telling who holds them. A lock that ends by itself while its holder is busy is none.
 */
export class ServerLocks {
  readonly #requests: WebdavRequests;
  #usable: boolean | undefined;

  constructor(requests: WebdavRequests) {
    this.#requests = requests;
  }

  /** Whether the server's locks are such; undefined until one was taken. */
  get usable(): boolean | undefined {
    return this.#usable;
  }

  /** Takes the lock of a path, where an empty file is put if nothing is there; undefined where the server has no such locks. */
  async take(at: Location, path: string, operation: Operation): Promise<Lock | undefined> {
    if (this.#usable === false) return undefined;
    const there = await look(this.#requests, at, operation);
    if (there === undefined) await requireParent(this.#requests, asFile(at), operation);
    const place = there?.type === "directory" ? asDirectory(at) : asFile(at);
    const note = noteOfHolder(randomUUID());
    const token = await this.#lock(place, note, operation);
    if (token === undefined) return undefined;
    const held = { place, token, note, made: there === undefined };
    try {
      this.#usable ??= isKept(await locksOn(this.#requests, place, operation), held);
      throwIfAborted(operation);
    } catch (error) {
      // Nobody would ever give this lock back.
      await Promise.allSettled([this.#giveBack(held)]);
      throw error;
    }
    if (this.#usable) return this.#held(held, at, path);
    await this.#giveBack(held);
    return undefined;
  }

  /** The token of a new lock; undefined where the server gives none. */
  async #lock(place: Location, note: string, operation: Operation): Promise<string | undefined> {
    const headers = { depth: place.directory ? "infinity" : "0", timeout: "Infinite", "content-type": xmlType };
    try {
      const lock = async (): Promise<string | undefined> => {
        const answer = await this.#requests.change(
          place,
          { method: "LOCK", headers, body: lockRequest(note) },
          operation,
        );
        return /^<(.+)>$/.exec(answer.headers.get("lock-token")?.trim() ?? "")?.[1];
      };
      const token = await acrossLoss("lock", operation, lock, async (looking) => {
        const found = await locksOn(this.#requests, place, looking);
        const ours = found.find(({ owner }) => owner === note);
        return ours === undefined ? nothing : done(ours.token);
      });
      if (token === undefined) this.#usable = false;
      return token;
    } catch (error) {
      if (isTransportError(error, "locked")) throw await this.#whoHolds(place, error, operation);
      if (!isTransportError(error, "unsupported") || this.#usable === true) throw error;
      this.#usable = false;
      return undefined;
    }
  }

  async #whoHolds(place: Location, refusal: TransportError, operation: Operation): Promise<TransportError> {
    const [found] = await locksOn(this.#requests, place, operation).catch(() => []);
    return new TransportError("locked", `locked by ${holderFrom(found?.owner, found?.token ?? "").holder}`, {
      temporary: true,
      hint: "If that process is gone, break the lock: breakLock(), or samewire break-lock",
      cause: refusal,
    });
  }

  /** Who has a lock that the server keeps, of whatever program; undefined where nobody has. */
  async holder(at: Location, operation: Operation): Promise<LockInfo | undefined> {
    const [found] = await locksOn(this.#requests, await this.#placeOf(at, operation), operation);
    return found === undefined ? undefined : holderFrom(found.owner, found.token);
  }

  /** Takes away the lock with this token, which no other lock has; undefined where the server has none such. */
  async break(at: Location, token: string, operation: Operation): Promise<"broken" | undefined> {
    const place = await this.#placeOf(at, operation);
    const isHeld = async (asking: Operation): Promise<boolean> =>
      (await locksOn(this.#requests, place, asking)).some((found) => found.token === token);
    if (!(await isHeld(operation))) return undefined;
    const headers = { "lock-token": `<${token}>` };
    const send = async (): Promise<void> =>
      void (await this.#requests.change(place, { method: "UNLOCK", headers }, operation));
    try {
      await acrossLoss("breakLock", operation, send, async (looking) =>
        (await isHeld(looking)) ? nothing : done(undefined),
      );
    } catch (error) {
      if (await isHeld(operation)) throw error;
      return undefined; // Given back in the same moment.
    }
    this.#requests.tokens.remove(token);
    return "broken";
  }

  async #placeOf(at: Location, operation: Operation): Promise<Location> {
    return (await look(this.#requests, at, operation))?.type === "directory" ? asDirectory(at) : asFile(at);
  }

  #held(held: HeldLock, at: Location, path: string): Lock {
    this.#requests.tokens.add(held.place, held.token);
    return heldLock(at, path, async (releasing) => {
      const found = await locksOn(this.#requests, held.place, releasing);
      if (!found.some(({ token }) => token === held.token)) {
        this.#requests.tokens.remove(held.token);
        throw lockBroken();
      }
      await this.#giveBack(held);
    });
  }

  /** What was put there so that it could be locked goes with the lock, if it is as empty as it was. */
  async #giveBack({ place, token, made }: HeldLock): Promise<void> {
    const requests = this.#requests;
    const operation = startOperation("lock", undefined);
    const remove = async (): Promise<void> => {
      if (made && (await look(requests, place, operation))?.sizeBytes === 0)
        await requests.change(place, { method: "DELETE" }, operation);
    };
    const headers = { "lock-token": `<${token}>` };
    const isHeld = async (asking: Operation): Promise<boolean> =>
      (await locksOn(requests, place, asking)).some((lock) => lock.token === token);
    const send = async (): Promise<void> =>
      void (await requests.change(place, { method: "UNLOCK", headers }, operation));
    const unlock = (): Promise<void> =>
      acrossLoss("lock, its release", operation, send, async (looking) =>
        (await isHeld(looking)) ? nothing : done(undefined),
      );
    if (this.#usable !== true) {
      // Whether such a server can be shown a token in a way that it understands is not known (nginx).
      await unlock();
      return await remove();
    }
    requests.tokens.add(place, token);
    await remove();
    if (await isHeld(operation)) await unlock();
    requests.tokens.remove(token);
  }
}

interface HeldLock {
  readonly place: Location;
  readonly token: string;
  readonly note: string;
  /** Whether there was nothing before. */
  readonly made: boolean;
}

function isKept(found: readonly ActiveLock[], { token, note }: HeldLock): boolean {
  return found.some((lock) => lock.token === token && lock.owner === note && lock.endless);
}
