import { randomUUID } from "node:crypto";

import { systemClock } from "../../connection/clock.ts";
import { pause } from "../../connection/pause.ts";
import { isAnswered, isConditionRefused } from "../../drivers/aws-sdk-errors.ts";
import type { ObjectName, Precondition, S3Objects } from "../../drivers/aws-sdk-objects.ts";
import { TransportError, isTransportError, toTransportError } from "../../errors/transport-error.ts";
import { acrossLoss, done, nothing } from "../../transport/across-loss.ts";
import { heldLock } from "../../transport/held-lock.ts";
import type { Lock, LockInfo } from "../../transport/lock.ts";
import type { Operation } from "../../transport/operation.ts";
import { isMissing, throwIfAborted } from "../../transport/operation.ts";
import { isRepeated } from "../../transport/repetition.ts";
import { tempName } from "../../transport/temp-name.ts";
import { holderFrom, lockBroken, lockedBy, noteOfHolder, wayToLook } from "../../transport/verbs/lock-note.ts";
import type { Location } from "../../url/location.ts";
import type { Ending } from "./condition-proof.ts";
import { proveConditions } from "./condition-proof.ts";
import { noteOfNobody, readLock } from "./lock-object.ts";
import { objectAt } from "./object-place.ts";
import type { S3Directories } from "./s3-directories.ts";
import { isDirectory } from "./s3-look.ts";

/** How often a change is tried that others made impossible in the same moment, and after how long once more. */
const maxTries = 8;
const pauseMs = 20;

/** A lock that was asked for, and may be held. */
interface Claim {
  readonly place: Location;
  readonly name: ObjectName;
  /** In the note, and in no other. */
  readonly id: string;
  readonly ending: Ending;
}

/**
 * Locks on a service that has none: the lock of a path is the object `<path>.lock`, whose content is the holder's note. Two conditions make it exclusive:
 *
 * - It is taken by a PutObject with `If-None-Match: *`: the service makes it only where nothing is.
 * - It is given back, and broken, by a DeleteObject with `If-Match` and the tag of that note, which no other has; where the service ignores that, by a
 *   PutObject with `If-Match`, which leaves the note of nobody. Who wants the lock next replaces that one, in the same way.
 *
 * Services that ignore or refuse conditions are found out before the first lock, and no lock is ever taken there.
 */
export class ObjectLocks {
  readonly #objects: S3Objects;
  readonly #directories: S3Directories;
  /** By bucket: behind one service there may be several. */
  readonly #proofs = new Map<string, Promise<Ending | undefined>>();
  #usable: boolean | undefined;

  constructor(objects: S3Objects, directories: S3Directories) {
    this.#objects = objects;
    this.#directories = directories;
  }

  /** Whether the service honours, in any bucket, what locks are built on; undefined until one was asked for. */
  get usable(): boolean | undefined {
    return this.#usable;
  }

  /** Takes the lock of a path. Rejects with `locked`, with `not-found` for the directory above, or with `unsupported`. */
  async take(at: Location, path: string, operation: Operation): Promise<Lock> {
    const place = placeOf(at);
    await this.#directories.requirePlace(place, operation).catch((error: unknown) => {
      throw isTransportError(error, "is-a-directory") ? lockedBy(directoryThere, place, error) : error;
    });
    const ending = await this.#proven(place, operation);
    throwIfAborted(operation);
    const claim = { place, name: objectAt(place), id: randomUUID(), ending };
    try {
      await this.#put(claim, operation);
      throwIfAborted(operation);
    } catch (error) {
      throw await this.#takeBack(claim, toTransportError(error));
    }
    return this.#held(claim, at, path);
  }

  /** Who has the lock of a path, or something else that lies in its place. */
  async holder(at: Location, operation: Operation): Promise<LockInfo | "nobody"> {
    const place = placeOf(at);
    const there = await readLock(this.#objects, objectAt(place), operation);
    if (there.state === "held") return there.info;
    if (there.state === "free") return "nobody";
    const inTheWay = await isDirectory(this.#objects, place, operation).catch(falseIfMissing);
    return inTheWay ? directoryThere : "nobody";
  }

  /** Takes away the lock with this id, which no other lock has. */
  async break(at: Location, id: string, operation: Operation): Promise<"broken" | "not held"> {
    const place = placeOf(at);
    if (id === "") return await this.#refuseOther(at, place, operation);
    const claim = { place, name: objectAt(place), id, ending: await this.#proven(place, operation) };
    throwIfAborted(operation);
    if (!(await this.#end("breakLock", claim, operation))) return "not held";
    await this.#keepParent(claim, operation);
    return "broken";
  }

  async #refuseOther(at: Location, place: Location, operation: Operation): Promise<"not held"> {
    const holder = await this.holder(at, operation);
    if (holder === "nobody") return "not held";
    throw lockedBy(holder, place);
  }

  /** How a lock ends here. What was found out once is not asked again. */
  async #proven(place: Location, { name, clock }: Operation): Promise<Ending> {
    let proof = this.#proofs.get(place.host);
    if (proof === undefined) {
      const nameOfOwn = (): ObjectName => objectAt(place.parent().resolve(`./${tempName()}`));
      // Others may wait for it: no single caller can take the question back.
      proof = proveConditions(this.#objects, nameOfOwn, { name, signal: undefined, clock });
      this.#proofs.set(place.host, proof);
      proof.then(
        (found) => (this.#usable = this.#usable === true || found !== undefined),
        () => this.#proofs.delete(place.host),
      );
    }
    const ending = await proof.catch((error: unknown) => {
      throw toTransportError(error).with({ effect: "none" });
    });
    if (ending !== undefined) return ending;
    throw new TransportError("unsupported", "the service does not honour the conditions that a lock is built on", {
      hint: "It needs If-None-Match on PutObject, and If-Match on DeleteObject or PutObject: take the lock on another server",
    });
  }

  /** Stores the note where nobody has the lock. Rejects with `locked`. */
  async #put(claim: Claim, operation: Operation): Promise<void> {
    const { name, id, place, ending } = claim;
    const note = Buffer.from(`${noteOfHolder(id)}\n`);
    const once = { ...operation, repeatable: isRepeated("lock") };
    let only: Precondition = "absent";
    const send = async (): Promise<void> => {
      try {
        await this.#objects.put(name, note, once, only);
      } catch (error) {
        if (!isRefused(error, only)) throw error;
        const there = await readLock(this.#objects, name, operation).catch((unread: unknown) => {
          // It is there, or was.
          throw isTransportError(unread, "permission-denied") ? lockedBy(unreadable, place, unread) : unread;
        });
        if (there.state !== "held") throw error;
        if (there.info.id !== id) throw lockedBy(there.info, place, error);
      }
    };
    for (let tries = 1; ; tries++) {
      try {
        return await acrossLoss("lock", operation, send, async (looking) =>
          (await this.#isOurs(claim, looking)) ? done(undefined) : nothing,
        );
      } catch (error) {
        if (!isRefused(error, only) || tries === maxTries) throw error;
      }
      // Given back a moment ago, or nobody's.
      const there = await readLock(this.#objects, name, operation);
      only = there.state === "free" && ending === "replace" ? { etag: there.etag } : "absent";
      if (there.state === "free" && ending === "delete")
        await this.#objects.delete(name, once, there.etag).catch(unlessRefused);
      if (tries > 1) await pauseBefore(tries, operation);
    }
  }

  /** What led to a failure to take a lock, with what is known once it was taken back: nobody else would ever give it back. */
  async #takeBack(claim: Claim, failure: TransportError): Promise<TransportError> {
    const { code, effect } = failure;
    if (code === "locked") return failure.with({ effect: "none" });
    // What was answered otherwise was refused.
    if (effect !== "unknown" && code !== "aborted") return failure;
    const aside: Operation = { name: "lock", signal: undefined };
    const unknown = failure.with({ effect: "unknown", hint: wayToLook });
    try {
      if (await this.#end("lock, its release", claim, aside)) return failure.with({ effect: "none" });
      // What is not there may still come, where the service itself has not answered.
      return effect === "unknown" && !isAnswered(failure) ? unknown : failure.with({ effect: "none" });
    } catch {
      return unknown; // The failure that led here is the one to tell.
    }
  }

  #held(claim: Claim, at: Location, path: string): Lock {
    let mayBeGone = false;
    return heldLock(at, path, async (releasing) => {
      const ended = await this.#end("lock, its release", claim, releasing).catch((error: unknown) => {
        // A service that fails may have done it before.
        mayBeGone ||= toTransportError(error).effect === "unknown";
        throw error;
      });
      // An earlier attempt may have ended it.
      if (!ended && !mayBeGone) throw lockBroken();
      mayBeGone = true;
      await this.#keepParent(claim, releasing);
    });
  }

  /** Ends this lock and no other; false where it is not held any more. */
  async #end(request: "breakLock" | "lock, its release", claim: Claim, operation: Operation): Promise<boolean> {
    const { name, id, ending } = claim;
    const once = { ...operation, repeatable: isRepeated(request) };
    for (let tries = 1; ; tries++) {
      const there = await readLock(this.#objects, name, operation);
      if (there.state !== "held" || there.info.id !== id) return false;
      const { etag } = there;
      if (etag === "") throw new TransportError("protocol-error", "the service does not tell the tag of the lock");
      const send = async (): Promise<void> => {
        if (ending === "delete") await this.#objects.delete(name, once, etag);
        else await this.#objects.put(name, noteOfNobody(), once, { etag });
      };
      try {
        await acrossLoss(request, operation, send, async (looking) =>
          (await this.#isOurs(claim, looking)) ? nothing : done(undefined),
        );
        return true;
      } catch (error) {
        // Somebody else wanted to do something with it in the same moment.
        if (!isRefused(error) || tries === maxTries) throw error;
      }
      await pauseBefore(tries, operation);
    }
  }

  async #isOurs({ name, id }: Claim, operation: Operation): Promise<boolean> {
    const there = await readLock(this.#objects, name, operation);
    return there.state === "held" && there.info.id === id;
  }

  /** The lock may have been the last in its directory. */
  async #keepParent({ place, ending }: Claim, operation: Operation): Promise<void> {
    if (ending === "delete") await this.#directories.keepParent(place, operation);
  }
}

const directoryThere: LockInfo = holderFrom("another program: what is there is a directory", "");
const unreadable: LockInfo = holderFrom(undefined, "unread");

function placeOf(at: Location): Location {
  return at.parent().resolve(`./${at.name}.lock`);
}

/** Whether a change was not made because of what is there or is not, or of what others did in the same moment, or because they do so much. */
function isRefused(error: unknown, only?: Precondition): boolean {
  if (isTransportError(error) && error.effect === "unknown") return false;
  if (isTransportError(error, "too-many-connections")) return true;
  // Where nothing was to be there, it is the bucket that is missing.
  return isConditionRefused(error) || (only !== "absent" && isMissing(error));
}

function unlessRefused(error: unknown): void {
  if (!isRefused(error)) throw error;
}

function falseIfMissing(error: unknown): false {
  if (isMissing(error)) return false;
  throw error;
}

async function pauseBefore(tries: number, operation: Operation): Promise<void> {
  await pause(operation.clock ?? systemClock, pauseMs * tries * Math.random(), operation.signal);
  throwIfAborted(operation);
}
