import { systemClock } from "../connection/clock.ts";
import { isTempName, tempName } from "../transport/temp-name.ts";
import type { Transport } from "../transport/transport.ts";
import type { VerbOptions } from "../transport/verb-options.ts";
import { isNoteName } from "../transport/verbs/lock-note.ts";
import { isFinal } from "./final-failure.ts";
import type { WalkedEntry } from "./walk.ts";

/** Older than any lock that is still being taken: that is three requests, each with a time limit of its own. */
const minAgeMs = 60 * 60_000;

/** Whether an entry is the directory that a process leaves which is killed while it takes a lock. A doubt is a no. */
export async function isLockLeftover(
  transport: Transport,
  { name, path, stat }: WalkedEntry,
  how: VerbOptions,
): Promise<boolean> {
  if (stat.type !== "directory" || !isTempName(name) || !transport.capabilities.rename) return false;
  try {
    const { mtime } = stat.mtime === undefined ? await transport.stat(path, how) : stat;
    if (mtime === undefined || systemClock.wallNow() - mtime.getTime() < minAgeMs) return false;
    for await (const { name: inside, stat: found } of transport.list(path, how))
      if (!isNoteName(inside) || found?.type !== "file") return false;
    return true;
  } catch (error) {
    if (isFinal(error)) throw error;
    return false;
  }
}

/**
 * Deletes it, with the note in it. It is moved aside first, in one step: whoever is about to take the lock with it, however late, finds it gone, and never holds a
 * lock that has lost its note.
 *
 * @throws TransportError `not-found` where it is not there any more; `directory-not-empty` where something else has come into it
 */
export async function deleteLockLeftover(transport: Transport, path: string, how: VerbOptions): Promise<void> {
  const aside = path.slice(0, path.lastIndexOf("/") + 1) + tempName();
  await transport.rename(path, aside, how);
  const notes: string[] = [];
  for await (const { name, path: inside } of transport.list(aside, how)) if (isNoteName(name)) notes.push(inside);
  for (const note of notes) await transport.delete(note, how);
  await transport.rmdir(aside, how);
}
