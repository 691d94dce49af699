import { setTimeout } from "node:timers/promises";

import type { SharedConnection } from "../../../connection/shared-connection.ts";
import type { HttpWire } from "../../../drivers/http-wire.ts";
import { TransportError, isTransportError, toTransportError } from "../../../errors/transport-error.ts";
import type { Operation } from "../../../transport/operation.ts";
import type { AtomicPut } from "../../../transport/primitives.ts";
import { tempName } from "../../../transport/temp-name.ts";
import type { Location } from "../../../url/location.ts";
import { inTheWayOfFile, moveIntoPlace, requireParent, transfer } from "./transfer.ts";
import { checkRequest, isInMemory, writeFile } from "./write-file.ts";
import type { WebdavRequests } from "./webdav-requests.ts";
import { asFile, look, statAt } from "./webdav-stat.ts";

/** Replaces files whole: written beside their name first, and then moved, so that whoever reads sees the old content or the new. */
export class Replacements {
  readonly #connection: SharedConnection<HttpWire>;
  readonly #requests: WebdavRequests;

  constructor(connection: SharedConnection<HttpWire>, requests: WebdavRequests) {
    this.#connection = connection;
    this.#requests = requests;
  }

  /** Resolves with the bytes written. The source is not touched where there is no place for the file. */
  async put(at: Location, put: AtomicPut, operation: Operation): Promise<number> {
    checkRequest(put);
    const requests = this.#requests;
    const target = asFile(at);
    const old = await look(requests, target, operation);
    if (old?.type === "directory") throw inTheWayOfFile();
    if (old === undefined && !isInMemory(put.source)) await requireParent(requests, target, operation);
    const { source, mtime } = put;
    return await this.#beside(target, async (temporary) => {
      const bytesWritten = await writeFile(requests, temporary, source, { how: "create", mtime }, operation);
      await moveIntoPlace(requests, temporary, target, old, operation);
      return bytesWritten;
    });
  }

  /** A copy that the server makes. By another name first: some servers empty a file that is copied onto itself, whatever it is called. */
  async copy(from: Location, to: Location, operation: Operation): Promise<void> {
    const requests = this.#requests;
    const [source, target] = [asFile(from), asFile(to)];
    const { type } = await statAt(requests, source, operation);
    if (type === "directory") throw new TransportError("is-a-directory", "it is a directory");
    const old = await look(requests, target, operation);
    if (old?.type === "directory") throw inTheWayOfFile();
    if (old === undefined) await requireParent(requests, target, operation);
    await this.#beside(target, async (temporary) => {
      await transfer(requests, "COPY", source, temporary, "refuse", operation);
      await moveIntoPlace(requests, temporary, target, old, operation);
    });
  }

  /** Removes a temporary that may be there: now, or, where the server cannot be reached, once it can. */
  async discard(temporary: Location, tries: number = maxTries): Promise<void> {
    try {
      await this.#requests.change(temporary, { method: "DELETE" }, { name: "delete", signal: undefined });
    } catch (error) {
      if (tries === 0) return;
      // A server that was cut off may not have begun to write it, and Go's locks it for as long as it takes to notice that nobody writes it any more.
      if (isTransportError(error, "locked") || (tries > maxTries - 3 && isTransportError(error, "not-found"))) {
        await setTimeout(pauseMs, undefined, { ref: false });
        return await this.discard(temporary, tries - 1);
      }
      if (!isTransportError(error, "connection-lost", "connection-failed", "timeout")) return;
      // Not on that wire itself: what it takes to be let in is asked for by every request alike.
      this.#connection.onNextWire(() => {
        void this.discard(temporary, tries - 1);
        return Promise.resolve();
      });
    }
  }

  async #beside<T>(target: Location, work: (temporary: Location) => Promise<T>): Promise<T> {
    const temporary = target.parent().resolve(tempName());
    try {
      return await work(temporary);
    } catch (error) {
      if (!isTransportError(error, "not-found")) await this.discard(temporary);
      throw toTransportError(error);
    }
  }
}

/** How often the removal of a temporary is tried: each time on a new connection, or after a while. */
const maxTries = 10;
const pauseMs = 50;
