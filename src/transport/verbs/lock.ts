import { randomUUID } from "node:crypto";

import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import type { Lock } from "../lock.ts";
import type { Operation } from "../operation.ts";
import { failureAt, isMissing, startOperation, throwIfAborted } from "../operation.ts";
import type { Primitives } from "../primitives.ts";
import { describeHolder, noteOfHolder } from "./lock-note.ts";
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
    await primitives.mkdirAt(directory, { mode: undefined }, operation);
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
    await primitives.writeAt(
      holder,
      note,
      { how: "create", mode: undefined, mtime: undefined, fsync: false },
      operation,
    );
    throwIfAborted(operation);
  } catch (error) {
    // Nobody would ever give this lock back.
    await Promise.allSettled([unlock(primitives, holder, directory)]);
    throw error;
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
  const release = (): Promise<void> => (released ??= giveBack());
  return { path, release, [Symbol.asyncDispose]: release };
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
  try {
    await primitives.deleteAt(holder, operation);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  await primitives.rmdirAt(directory, operation);
}

async function readNote(primitives: Primitives, holder: Location, operation: Operation): Promise<Buffer> {
  return await readAll(await primitives.readAt(holder, { offset: 0, length: undefined }, operation), maxNoteBytes);
}

async function holderOf(primitives: Primitives, holder: Location, operation: Operation): Promise<string> {
  const note = await readNote(primitives, holder, operation).catch(() => undefined);
  return describeHolder(note?.toString("utf8"));
}
