import { pause } from "../../../connection/pause.ts";
import type { SharedConnection } from "../../../connection/shared-connection.ts";
import type { HttpWire } from "../../../drivers/http-wire.ts";
import { TransportError, isTransportError, toTransportError } from "../../../errors/transport-error.ts";
import { isCutOff } from "../../../transport/across-loss.ts";
import type { Operation } from "../../../transport/operation.ts";
import type { AtomicPut } from "../../../transport/primitives.ts";
import type { Stat } from "../../../transport/stat.ts";
import { tempName } from "../../../transport/temp-name.ts";
import type { LastStep, Temporary } from "../../../transport/verbs/into-place.ts";
import { intoPlaceAfterLoss } from "../../../transport/verbs/into-place.ts";
import { isInMemory } from "../../../transport/verbs/source.ts";
import type { Location } from "../../../url/location.ts";
import { inTheWayOfFile, moveIntoPlace, requireParent, transfer } from "./transfer.ts";
import { checkRequest, writeFile } from "./write-file.ts";
import type { WebdavRequests } from "./webdav-requests.ts";
import { asFile, look, statAt } from "./webdav-stat.ts";
import { WholeUploads } from "./whole-uploads.ts";

/** Replaces files whole: written beside their name first, and then moved, so that whoever reads sees the old content or the new. */
export class Replacements {
  readonly #connection: SharedConnection<HttpWire>;
  readonly #requests: WebdavRequests;
  readonly #uploads: WholeUploads;
  /** Temporaries that could not be removed. */
  readonly #left = new Set<Location>();

  constructor(connection: SharedConnection<HttpWire>, requests: WebdavRequests) {
    this.#connection = connection;
    this.#requests = requests;
    this.#uploads = new WholeUploads(requests);
  }

  /** Resolves with the bytes written. The source is not touched where there is no place for the file. */
  async put(at: Location, put: AtomicPut, operation: Operation): Promise<number> {
    checkRequest(put);
    const requests = this.#requests;
    const target = asFile(at);
    const { source, mtime, isNew } = put;
    if (isNew && isInMemory(source) && (await this.#uploads.areWhole(target, operation)))
      return await writeFile(requests, target, source, { how: "replace", mtime }, operation);
    const old = isNew ? undefined : await look(requests, target, operation);
    if (old?.type === "directory") throw inTheWayOfFile();
    if (old === undefined && !isNew && !isInMemory(source)) await requireParent(requests, target, operation);
    return await this.#beside(target, async (temporary) => {
      const writing = writeFile(requests, temporary, source, { how: "create", mtime }, operation);
      const bytesWritten = await writing.catch(notYetInPlace);
      await this.#intoPlace({ temporary, at: target, sizeBytes: bytesWritten }, old, operation);
      return bytesWritten;
    });
  }

  /** A copy that the server makes. By another name first: some servers empty a file that is copied onto itself, whatever it is called. */
  async copy(from: Location, to: Location, operation: Operation): Promise<void> {
    const requests = this.#requests;
    const [source, target] = [asFile(from), asFile(to)];
    const { type, sizeBytes } = await statAt(requests, source, operation);
    if (type === "directory") throw new TransportError("is-a-directory", "it is a directory");
    const old = await look(requests, target, operation);
    if (old?.type === "directory") throw inTheWayOfFile();
    if (old === undefined) await requireParent(requests, target, operation);
    await this.#beside(target, async (temporary) => {
      // Nobody else has the name of a temporary: what is in the way is what a copy that was not answered has left.
      await transfer(requests, "COPY", source, temporary, "replace", operation).catch(notYetInPlace);
      await this.#intoPlace({ temporary, at: target, sizeBytes }, old, operation);
    });
  }

  /** Removes a temporary that may be there: now, or, where that fails, once something else has gone well. */
  async discard(temporary: Location): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#delete(temporary);
      } catch (error) {
        // A server that was cut off may not have begun to write it, and Go's locks it for as long as it takes to notice that nobody writes it any more.
        const isGone = isTransportError(error, "not-found");
        const mayChange = isGone || isTransportError(error, "locked");
        if (isGone && tries >= looksForGone) return;
        if (!mayChange || tries === maxTries) return this.#leave(temporary, error);
      }
      await pause(this.#requests.clock, pauseMs);
    }
  }

  #leave(temporary: Location, failure: unknown): void {
    if (isTransportError(failure, "closed")) return;
    if (this.#left.size < mostLeft) this.#left.add(temporary);
    if (!isTransportError(failure, "connection-lost", "connection-failed", "timeout")) return;
    // Not on that wire itself: what it takes to be let in is asked for by every request alike.
    this.#connection.onNextWire(() => {
      this.#sweep();
      return Promise.resolve();
    });
  }

  /** What is left behind once more is left for good: its name tells what it is. */
  #sweep(): void {
    for (const temporary of this.#left) {
      this.#left.delete(temporary);
      this.#delete(temporary).catch(() => undefined);
    }
  }

  async #intoPlace(temporary: Temporary, old: Stat | undefined, operation: Operation): Promise<void> {
    const requests = this.#requests;
    const step: LastStep = {
      rename: (from, to, moving) => moveIntoPlace(requests, from, to, old, moving),
      look: (at, looking) => look(requests, at, looking),
    };
    try {
      await step.rename(temporary.temporary, temporary.at, operation);
    } catch (error) {
      if (!isCutOff(error, operation)) throw error;
      await intoPlaceAfterLoss(step, temporary, operation, error);
    }
  }

  async #delete(temporary: Location): Promise<void> {
    await this.#requests.change(temporary, { method: "DELETE" }, { name: "delete", signal: undefined });
  }

  async #beside<T>(target: Location, work: (temporary: Location) => Promise<T>): Promise<T> {
    const temporary = target.parent().resolve(tempName());
    try {
      const result = await work(temporary);
      this.#sweep();
      return result;
    } catch (error) {
      if (!isTransportError(error, "not-found")) await this.discard(temporary);
      throw toTransportError(error);
    }
  }
}

/** Whatever became of the temporary, the file is as it was. */
function notYetInPlace(error: unknown): never {
  throw toTransportError(error).with({ effect: "none" });
}

/** How often the removal of a temporary is tried that is not there, or locked, and how long after the time before. */
const looksForGone = 3;
const maxTries = 10;
const pauseMs = 50;
/** Temporaries that are remembered. */
const mostLeft = 1_000;
