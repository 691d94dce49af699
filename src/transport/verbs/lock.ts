import { BackOff } from "../../connection/back-off.ts";
import { systemClock } from "../../connection/clock.ts";
import { lockPollBaseMs, lockPollCapMs } from "../../connection/defaults.ts";
import { pause } from "../../connection/pause.ts";
import { TransportError, isTransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import { heldLock } from "../held-lock.ts";
import type { Lock, LockInfo } from "../lock.ts";
import type { Operation } from "../operation.ts";
import { isMissing, throwIfAborted } from "../operation.ts";
import type { Primitives } from "../primitives.ts";
import { LockDirectory } from "./lock-directory.ts";
import { lockBroken } from "./lock-note.ts";

/** Takes the lock of a path: one that the server keeps, where it does, else a directory beside the path. Waits for others no longer than `waitMs`. */
export async function lock(
  primitives: Primitives,
  at: Location,
  path: string,
  waitMs: number,
  operation: Operation,
): Promise<Lock> {
  const clock = operation.clock ?? systemClock;
  const until = clock.now() + waitMs;
  const pauses = new BackOff(clock, lockPollBaseMs, lockPollCapMs);
  for (;;) {
    try {
      return (await primitives.lockAt?.(at, path, operation)) ?? (await lockBeside(primitives, at, path, operation));
    } catch (error) {
      const left = until - clock.now();
      if (!isTransportError(error, "locked") || left <= 0) throw error;
      pauses.failed();
      // Never nothing: whoever has the lock is not to be asked all the time.
      await pause(clock, Math.min(left, lockPollBaseMs + pauses.pauseMs()), operation.signal);
      throwIfAborted(operation);
    }
  }
}

/** Who has the lock of a path; undefined where nobody has. */
export async function lockInfo(
  primitives: Primitives,
  at: Location,
  operation: Operation,
): Promise<LockInfo | undefined> {
  const kept = await primitives.lockInfoAt?.(at, operation);
  if (kept === "nobody") return undefined;
  return kept ?? (await new LockDirectory(primitives, at).holder(operation));
}

/** Takes away exactly the lock that was looked at. One that has changed hands since is left alone: `locked`, or `not-found` where nobody has it. */
export async function breakLock(
  primitives: Primitives,
  at: Location,
  { id }: LockInfo,
  operation: Operation,
): Promise<void> {
  const kept = await primitives.breakLockAt?.(at, id, operation);
  if (kept === "broken") return;
  if (kept === "not held") throw await notBroken(primitives, at, operation);
  const directory = new LockDirectory(primitives, at);
  try {
    await directory.deleteNote(id, operation);
  } catch (error) {
    throw isMissing(error) ? await notBroken(primitives, at, operation, error) : error;
  }
  await directory.sweep(operation);
}

async function notBroken(
  primitives: Primitives,
  at: Location,
  operation: Operation,
  cause?: unknown,
): Promise<TransportError> {
  const holder = await lockInfo(primitives, at, operation);
  if (holder === undefined) return new TransportError("not-found", "nobody has that lock any more", { cause });
  return new TransportError("locked", `not broken: it has changed hands, and is held by ${holder.holder}`, {
    hint: "Look again, and decide anew",
    cause,
  });
}

/** A number of milliseconds that somebody may wait. */
export function checkWait(waitMs: number): number {
  if (waitMs >= 0) return waitMs;
  throw new TransportError("range-not-satisfiable", `waitMs must be milliseconds from 0, not ${String(waitMs)}`);
}

async function lockBeside(primitives: Primitives, at: Location, path: string, operation: Operation): Promise<Lock> {
  const directory = new LockDirectory(primitives, at);
  const note = await directory.take(operation);
  let mayBeGone = false;
  return heldLock(at, path, async (releasing) => {
    await directory.deleteNote(note, releasing).catch((error: unknown) => {
      // An earlier attempt may have deleted it.
      if (isMissing(error) && mayBeGone) return;
      mayBeGone ||= toTransportError(error).effect === "unknown";
      throw isMissing(error) ? lockBroken(error) : error;
    });
    mayBeGone = true;
    await directory.sweep(releasing);
  });
}
