import { randomUUID } from "node:crypto";

import { TransportError, isTransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import { acrossLoss, done, isCutOff, nothing, unclear } from "../across-loss.ts";
import type { Lock } from "../lock.ts";
import type { Operation } from "../operation.ts";
import { failureAt, isMissing, startOperation, throwIfAborted } from "../operation.ts";
import type { Primitives } from "../primitives.ts";
import { describeHolder, noteOfHolder } from "./lock-note.ts";
import { lookAt } from "./look-at.ts";
import { readAll } from "./read-all.ts";

const holderName = "holder.json";
const maxNoteBytes = 4096;

/**
 * Takes the lock of a path: the directory `<path>.lock`, which only one can make. It holds a file that says who has it. Nothing breaks a
 * lock but its holder's `release`, or somebody who deletes that directory.
 */
export async function lock(primitives: Primitives, at: Location, path: string, operation: Operation): Promise<Lock> {
  const directory = at.parent().resolve(`./${at.name}.lock`);
  const holder = directory.resolve(holderName);
  try {
    await makeLock(primitives, directory, holder, operation);
  } catch (error) {
    if (!isTransportError(error, "already-exists")) throw error;
    throw new TransportError("locked", `locked by ${await holderOf(primitives, holder, operation)}`, {
      temporary: true,
      hint: `If that process is gone, delete ${directory.redactedUrl}`,
      cause: error,
    });
  }
  const note = Buffer.from(`${noteOfHolder(randomUUID())}\n`);
  try {
    await writeNote(primitives, holder, note, operation);
    throwIfAborted(operation);
  } catch (error) {
    // Nobody would ever give this lock back.
    const isGivenBack = await unlock(primitives, holder, directory).then(
      () => true,
      () => false,
    );
    if (isGivenBack) throw toTransportError(error).with({ effect: "none" });
    throw toTransportError(error).with({ effect: "unknown", hint: wayOut(directory) });
  }
  let released: Promise<void> | undefined;
  let begun = false;
  const giveBack = async (): Promise<void> => {
    try {
      await requireOurs(primitives, holder, note, begun);
      begun = true;
      await unlock(primitives, holder, directory);
    } catch (error) {
      released = undefined; // It may be tried again.
      throw failureAt(error, "lock", at, path);
    }
  };
  const releaseOnce = (): Promise<void> => (released ??= giveBack());
  return { path, release: releaseOnce, [Symbol.asyncDispose]: releaseOnce };
}

/** The directory that is the lock. What is found after a loss is ours for certain only where it has our note in it, which is written next. */
async function makeLock(
  primitives: Primitives,
  directory: Location,
  holder: Location,
  operation: Operation,
): Promise<void> {
  const make = (): Promise<void> => primitives.mkdirAt(directory, { mode: undefined }, operation);
  let isAnothers = false;
  try {
    await acrossLoss("lock", operation, make, async (looking) => {
      if ((await lookAt(primitives, directory, looking)) === undefined) return nothing;
      isAnothers = (await lookAt(primitives, holder, looking)) !== undefined;
      return unclear;
    });
  } catch (error) {
    if (isAnothers) throw new TransportError("already-exists", "there is a lock already", { cause: error });
    if (!isCutOff(error, operation)) throw error;
    throw error.with({ hint: wayOut(directory) });
  }
}

function wayOut(directory: Location): string {
  return `If nobody else has the lock, delete ${directory.redactedUrl}`;
}

/** Says in a directory that is ours who has the lock. */
async function writeNote(primitives: Primitives, holder: Location, note: Buffer, operation: Operation): Promise<void> {
  let how: "create" | "replace" = "create";
  const write = async (): Promise<void> => {
    const request = { how, mode: undefined, mtime: undefined, fsync: false };
    how = "replace";
    await primitives.writeAt(holder, note, request, operation);
  };
  await acrossLoss("lock", operation, write, async (looking) => {
    const there = await readNote(primitives, holder, looking).catch(unlessMissing);
    return there !== undefined && note.equals(there) ? done(undefined) : nothing;
  });
}

/** A lock that somebody broke may be another's by now: it is not ours to give back. Once we have begun to, our note may be gone. */
async function requireOurs(primitives: Primitives, holder: Location, note: Buffer, begun: boolean): Promise<void> {
  try {
    if (note.equals(await readNote(primitives, holder, startOperation("lock", undefined)))) return;
  } catch (error) {
    if (begun && isMissing(error)) return;
    throw error;
  }
  throw new TransportError("locked", "the lock was broken, and is held by somebody else");
}

async function unlock(primitives: Primitives, holder: Location, directory: Location): Promise<void> {
  const operation = startOperation("lock", undefined);
  await release(primitives, holder, operation, () => primitives.deleteAt(holder, operation).catch(unlessMissing));
  await release(primitives, directory, operation, () => primitives.rmdirAt(directory, operation));
}

/** What is gone after a loss was deleted by us: nobody else gives this lock back. What is there may be the next holder's. */
function release(
  primitives: Primitives,
  at: Location,
  operation: Operation,
  remove: () => Promise<void>,
): Promise<void> {
  return acrossLoss("lock, its release", operation, remove, async (looking) =>
    (await lookAt(primitives, at, looking)) === undefined ? done(undefined) : unclear,
  );
}

function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

async function readNote(primitives: Primitives, holder: Location, operation: Operation): Promise<Buffer> {
  return await readAll(await primitives.readAt(holder, { offset: 0, length: undefined }, operation), maxNoteBytes);
}

async function holderOf(primitives: Primitives, holder: Location, operation: Operation): Promise<string> {
  const note = await readNote(primitives, holder, operation).catch(() => undefined);
  return describeHolder(note?.toString("utf8"));
}
