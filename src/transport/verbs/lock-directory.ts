import { systemClock } from "../../connection/clock.ts";
import { pause } from "../../connection/pause.ts";
import type { ErrorCode } from "../../errors/error-code.ts";
import { TransportError, isTransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import { acrossLoss, done, nothing, unclear } from "../across-loss.ts";
import type { LockInfo } from "../lock.ts";
import type { Operation } from "../operation.ts";
import { isMissing, throwIfAborted } from "../operation.ts";
import type { Primitives } from "../primitives.ts";
import { tempName } from "../temp-name.ts";
import { isSafeName } from "./list.ts";
import { holderFrom, isNoteName, lockedBy, maxNoteBytes, newNoteName, noteOfHolder, wayToLook } from "./lock-note.ts";
import { lookAt } from "./look-at.ts";
import { readAll } from "./read-all.ts";

/** How often a directory is renamed into a place that was free when it was looked at, and after how long once more. */
const maxTries = 8;
const pauseMs = 20;

/** What servers say of a directory that is in the way of another; some have no word for it. */
const inTheWay: readonly ErrorCode[] = [
  "already-exists",
  "directory-not-empty",
  "is-a-directory",
  "not-a-directory",
  "permission-denied",
  "locked",
  "unexpected",
];

/** What servers say that look at a directory in the moment in which it comes or goes. */
const confused: readonly ErrorCode[] = ["permission-denied", "unexpected", "protocol-error"];

/** The id of a lock that has no note any more. */
const emptyId = "empty";

/**
 * The lock of a path: the directory `<path>.lock`, with a note in it that says who has it. Three steps of the server make it exclusive:
 *
 * - It is taken by renaming a directory that has the note in it already: nothing replaces a directory that is not empty.
 * - It is given back, and broken, by deleting the note, whose name no other lock has: only one can do that, and only to the lock that it means.
 * - The directory, empty by then, is removed by whoever finds it; what is not empty is not removed.
 *
 * So nobody ever sees a lock without its note, and a process may be killed between any two steps.
 */
export class LockDirectory {
  readonly #primitives: Primitives;
  readonly #directory: Location;

  constructor(primitives: Primitives, at: Location) {
    this.#primitives = primitives;
    this.#directory = at.parent().resolve(`./${at.name}.lock`);
  }

  /** Who has the lock; undefined where nobody has. */
  async holder(operation: Operation): Promise<LockInfo | undefined> {
    const names = await this.#names(operation);
    if (names === "file") return { id: "", holder: "another program: what is there is no directory" };
    const name = names.find(isNoteName) ?? names[0];
    if (name === undefined)
      return this.#primitives.removalLooksFirst === true ? await this.#leftEmpty(operation) : undefined;
    try {
      return holderFrom(String(await this.#read(this.#note(name), operation)), name);
    } catch (error) {
      if (isMissing(error)) return undefined;
      // Where a file is deleted while it is sent, a server may have no better way to say so than to hang up.
      const mayBeGone = isTransportError(error, "connection-lost");
      if (mayBeGone && !(await this.#isThere(this.#note(name), operation))) return undefined;
      if (isTransportError(error, "connection-lost", "connection-failed", "aborted", "timeout", "closed")) throw error;
      return holderFrom(undefined, name);
    }
  }

  /** Takes the lock; the name of its note. Rejects with `locked`. */
  async take(operation: Operation): Promise<string> {
    const there = await this.holder(operation);
    if (there !== undefined) throw this.#lockedBy(there);
    const name = newNoteName();
    const staging = this.#directory.parent().resolve(`./${tempName()}`);
    let moving = false;
    try {
      await this.#stage(staging, name, operation);
      throwIfAborted(operation);
      moving = true;
      await this.#moveIn(staging, name, operation);
      throwIfAborted(operation);
      return name;
    } catch (error) {
      // Nobody would ever give back what may have been taken.
      const mayBeOurs = moving && !isTransportError(error, "locked");
      const isGone = await this.#takeBack(staging, name, mayBeOurs);
      if (isGone || !mayBeOurs) throw toTransportError(error).with({ effect: "none" });
      throw toTransportError(error).with({ effect: "unknown", hint: wayToLook });
    }
  }

  /** Takes the note away, and with it the lock. Rejects with `not-found` where that note is there no longer, whoever has the lock. */
  async deleteNote(name: string, operation: Operation): Promise<void> {
    if (name === emptyId && (await this.holder(operation))?.id === emptyId) return;
    if (name === "") return await this.#refuseOther(operation);
    if (!isSafeName(name)) throw new TransportError("invalid-path", "that is the id of no lock");
    const primitives = this.#primitives;
    const note = this.#note(name);
    const send = (): Promise<void> => primitives.deleteAt(note, operation);
    await acrossLoss("lock, its release", operation, send, async (looking) =>
      (await lookAt(primitives, note, looking)) === undefined ? done(undefined) : nothing,
    );
  }

  /** Removes what is left of a lock that nobody has. Rejects with `directory-not-empty` where something is in it that is no note. */
  async sweep(operation: Operation): Promise<void> {
    const primitives = this.#primitives;
    const send = (): Promise<void> => primitives.rmdirAt(this.#directory, operation);
    for (let tries = 1; ; tries++) {
      try {
        return await acrossLoss("lock, its release", operation, send, async (looking) =>
          (await lookAt(primitives, this.#directory, looking)) === undefined ? done(undefined) : nothing,
        );
      } catch (error) {
        if (isMissing(error)) return;
        // Some servers say no more than "no", and by the time that they are asked why it is another lock's directory, and may be empty again.
        if (!isTransportError(error, "directory-not-empty", ...confused)) throw error;
        const names = await this.#names(operation);
        if (names === "file") throw error;
        // The next holder's.
        if (names.some(isNoteName)) return;
        // Nothing any more; or empty, and whoever finds it removes it. Where nobody else does, it would be a lock of nobody's for ever.
        if (names.length === 0 && !(await this.#isOursToRemove(operation))) return;
        if (names.length > 0 || tries === maxTries) throw error;
        await pauseAfter(tries, operation);
      }
    }
  }

  async #isOursToRemove(operation: Operation): Promise<boolean> {
    return this.#primitives.removalLooksFirst === true && (await this.#isThere(this.#directory, operation));
  }

  /** The refusal of who else wants it. */
  #lockedBy(holder: LockInfo, cause?: unknown): TransportError {
    return lockedBy(holder, this.#directory, cause);
  }

  /** A directory of our own, with the note in it. */
  async #stage(staging: Location, name: string, operation: Operation): Promise<void> {
    const primitives = this.#primitives;
    const make = (): Promise<void> => primitives.mkdirAt(staging, { mode: undefined }, operation);
    // Nobody else knows its name: if it is there, we made it.
    await acrossLoss("lock", operation, make, async (looking) =>
      (await lookAt(primitives, staging, looking)) === undefined ? nothing : done(undefined),
    );
    const place = staging.resolve(`./${name}`);
    const note = Buffer.from(`${noteOfHolder(name)}\n`);
    const request = { how: "replace", mode: undefined, mtime: undefined, fsync: false } as const;
    const write = async (): Promise<void> => void (await primitives.writeAt(place, note, request, operation));
    await acrossLoss("lock", operation, write, async (looking) => {
      const there = await this.#read(place, looking).catch(unlessMissing);
      return there !== undefined && note.equals(there) ? done(undefined) : nothing;
    });
  }

  async #moveIn(staging: Location, name: string, operation: Operation): Promise<void> {
    const primitives = this.#primitives;
    const move = (): Promise<void> => primitives.renameAt(staging, this.#directory, operation);
    for (let tries = 1; ; tries++) {
      try {
        return await acrossLoss("lock", operation, move, async (looking) => {
          if ((await lookAt(primitives, this.#note(name), looking)) !== undefined) return done(undefined);
          return (await lookAt(primitives, staging, looking)) === undefined ? unclear : nothing;
        });
      } catch (error) {
        const failure = toTransportError(error);
        if (!isTransportError(failure, ...inTheWay)) throw failure;
        // A server may fail after it has done it.
        if (failure.effect === "unknown" && (await this.#isThere(this.#note(name), operation))) return;
        const holder = await this.holder(operation);
        if (holder !== undefined) throw this.#lockedBy(holder, failure);
        if (tries === maxTries) throw failure;
        // Given back a moment ago, or left empty by who was killed when it gave it back.
        if (primitives.removalLooksFirst !== true) await this.sweep(operation);
        await pauseAfter(tries, operation);
      }
    }
  }

  /** What was made to no purpose goes; true where all of it went. What of a staging directory stays has a name that tells what it is. */
  async #takeBack(staging: Location, name: string, mayBeOurs: boolean): Promise<boolean> {
    const primitives = this.#primitives;
    const aside: Operation = { name: "lock", signal: undefined };
    try {
      await primitives.deleteAt(staging.resolve(`./${name}`), aside).catch(unlessMissing);
      await primitives.rmdirAt(staging, aside).catch(unlessMissing);
      if (!mayBeOurs) return true;
      await primitives.deleteAt(this.#note(name), aside);
      await this.sweep(aside);
      return true;
    } catch (error) {
      // Nothing was taken; or the failure that led here is the one to tell.
      return isMissing(error);
    }
  }

  /** Where a removal looks first, only who emptied a directory removes it: it would take the next holder's with it. */
  async #leftEmpty(operation: Operation): Promise<LockInfo | undefined> {
    if (!(await this.#isThere(this.#directory, operation))) return undefined;
    return { id: emptyId, holder: "nobody any more: its holder is giving it back, or was stopped meanwhile" };
  }

  async #refuseOther(operation: Operation): Promise<void> {
    const holder = await this.holder(operation);
    if (holder !== undefined) throw this.#lockedBy(holder);
    throw new TransportError("not-found", "nobody has the lock");
  }

  /** What is in the directory; nothing where there is none. */
  async #names(operation: Operation): Promise<readonly string[] | "file"> {
    try {
      return await despite(operation, async () => {
        const names: string[] = [];
        for await (const batch of this.#primitives.listAt(this.#directory, operation))
          for (const { name } of batch) {
            // A server that takes the name of what is not there for a pattern (vsftpd) may find the directory itself, made in that moment.
            if (isSafeName(name) && name !== this.#directory.name) names.push(name);
          }
        return names;
      });
    } catch (error) {
      if (isMissing(error)) return [];
      if (isTransportError(error, "not-a-directory")) return "file";
      throw error;
    }
  }

  async #isThere(at: Location, operation: Operation): Promise<boolean> {
    return (await despite(operation, () => lookAt(this.#primitives, at, operation))) !== undefined;
  }

  #note(name: string): Location {
    return this.#directory.resolve(`./${name}`);
  }

  async #read(note: Location, operation: Operation): Promise<Buffer> {
    return await readAll(
      await this.#primitives.readAt(note, { offset: 0, length: undefined }, operation),
      maxNoteBytes,
    );
  }
}

/**
 * Looks again where a server is confused by what comes and goes while it is asked: one that says no more than "no" is asked why, and by then the next one may have
 * made the directory that was gone; one that lists what goes meanwhile fails, or puts words behind its XML (rclone).
 */
async function despite<T>(operation: Operation, look: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await look();
    } catch (error) {
      if (tries === maxTries || !isTransportError(error, ...confused)) throw error;
      await pauseAfter(tries, operation);
    }
  }
}

async function pauseAfter(tries: number, operation: Operation): Promise<void> {
  await pause(operation.clock ?? systemClock, pauseMs * tries * Math.random(), operation.signal);
  throwIfAborted(operation);
}

function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}
