import { randomUUID } from "node:crypto";

import { systemClock } from "../../connection/clock.ts";
import { pause } from "../../connection/pause.ts";
import { isConditionRefused } from "../../drivers/aws-sdk-errors.ts";
import type { ObjectName, Precondition, S3Objects } from "../../drivers/aws-sdk-objects.ts";
import { isTransportError } from "../../errors/transport-error.ts";
import { isCutOff } from "../../transport/across-loss.ts";
import type { Operation } from "../../transport/operation.ts";

/** How exactly one version of an object can be done away with: it is deleted, or replaced, only if it is still that one. */
export type Ending = "delete" | "replace";

/** How often a busy service is asked, and after how many milliseconds for the second time; then it takes longer and longer. */
const maxTries = 8;
const pauseMs = 100;

/** No object ever has it. */
const noTag = `"${"0".repeat(32)}"`;

/**
 * Finds out whether a service pays attention to the conditions that a lock is built on, which some ignore and others refuse: on an object of our own, whose
 * name nobody else knows, so that no other one is touched if it does not. Resolves with the way of doing away with a version; undefined where there is none,
 * or where what is there is replaced although nothing was to be there.
 *
 * An answer that is lost proves nothing: then all of it is done once more.
 */
export async function proveConditions(
  objects: S3Objects,
  nameOfOwn: () => ObjectName,
  operation: Operation,
): Promise<Ending | undefined> {
  try {
    return await prove(objects, nameOfOwn(), operation);
  } catch (error) {
    if (!isCutOff(error, operation)) throw error;
    return await prove(objects, nameOfOwn(), operation);
  }
}

async function prove(objects: S3Objects, own: ObjectName, operation: Operation): Promise<Ending | undefined> {
  // What is sent twice is refused the second time for what the first one did.
  const once = { ...operation, repeatable: false };
  const put = (only?: Precondition): Promise<string | undefined> =>
    unlessBusy(operation, () => objects.put(own, Buffer.from(randomUUID()), once, only));
  const remove = (etag: string): Promise<void> => unlessBusy(operation, () => objects.delete(own, once, etag));
  const tag = async (): Promise<string> => (await objects.head(own, operation)).etag ?? noTag;
  let isLeft = true;
  try {
    if ((await outcomeOf(put("absent"))) !== "done" || (await outcomeOf(put("absent"))) !== "refused") return undefined;
    if ((await outcomeOf(remove(noTag))) === "refused") {
      const ended = await outcomeOf(remove(await tag()));
      isLeft = ended !== "done" || !(await isGone(objects, own, operation));
      if (!isLeft) return "delete";
    }
    await put(); // Whoever ignores a condition has deleted it.
    if ((await outcomeOf(put({ etag: noTag }))) !== "refused") return undefined;
    return (await outcomeOf(put({ etag: await tag() }))) === "done" ? "replace" : undefined;
  } finally {
    // What cannot be deleted has a name that tells what it is.
    if (isLeft) await objects.delete(own, { name: operation.name, signal: undefined }).catch(() => undefined);
  }
}

/** What a busy service refuses it has not begun: it is asked once more, a while later. */
async function unlessBusy<T>({ clock = systemClock, signal }: Operation, send: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await send();
    } catch (error) {
      if (!isTransportError(error, "too-many-connections") || tries === maxTries) throw error;
    }
    await pause(clock, pauseMs * tries, signal);
  }
}

/** What became of a change with a condition. Rejects with what says nothing of conditions. */
async function outcomeOf(change: Promise<unknown>): Promise<"done" | "refused" | "impossible"> {
  try {
    await change;
    return "done";
  } catch (error) {
    if (isTransportError(error, "unsupported")) return "impossible";
    if (isConditionRefused(error)) return "refused";
    throw error;
  }
}

async function isGone(objects: S3Objects, own: ObjectName, operation: Operation): Promise<boolean> {
  try {
    await objects.head(own, operation);
    return false;
  } catch (error) {
    // Who may not list is not told that something is missing; what was there could be looked at.
    if (isTransportError(error, "not-found", "permission-denied")) return true;
    throw error;
  }
}
