import { isNoAnswer } from "../../errors/no-answer.ts";
import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import { repeatedAcrossLoss } from "../across-loss.ts";
import type { Operation } from "../operation.ts";
import type { Primitives } from "../primitives.ts";

/**
 * Makes a directory; true if it was made, false if one was there: after a lost connection nobody can tell who made it. Something else in its place is
 * `not-a-directory`.
 */
export async function ensureDirectory(
  primitives: Primitives,
  at: Location,
  mode: number | undefined,
  operation: Operation,
): Promise<boolean> {
  return await repeatedAcrossLoss("ensureBase", operation, () => ensureOnce(primitives, at, mode, operation));
}

async function ensureOnce(
  primitives: Primitives,
  at: Location,
  mode: number | undefined,
  operation: Operation,
): Promise<boolean> {
  try {
    await primitives.mkdirAt(at, { mode }, operation);
    return true;
  } catch (error) {
    // Servers that refuse to make what is there say so in many ways: a look decides.
    if (!isTransportError(error, "already-exists", "permission-denied", "is-a-directory", "unsupported")) throw error;
    const there = await primitives.statAt(at, { followLinks: true }, operation).catch(unlessNoAnswer);
    if (there === undefined) throw error;
    if (there.type !== "directory")
      throw new TransportError("not-a-directory", "something that is not a directory is in the way", { cause: error });
    return false;
  }
}

/** A look that is refused tells nothing; one that is not answered does not make what was refused before true. */
function unlessNoAnswer(error: unknown): undefined {
  if (isNoAnswer(error)) throw error.with({ effect: "none" });
}

/** Makes a directory and every one missing above it, asking upward only as far as needed. */
export async function ensurePath(
  primitives: Primitives,
  at: Location,
  mode: number | undefined,
  operation: Operation,
): Promise<boolean> {
  try {
    return await ensureDirectory(primitives, at, mode, operation);
  } catch (error) {
    if (!isTransportError(error, "not-found") || at.segments.length === 0) throw error;
    await ensurePath(primitives, at.parent(), mode, operation);
    return await ensureDirectory(primitives, at, mode, operation);
  }
}

/** Makes every directory missing above a file. */
export async function makeAncestors(
  primitives: Primitives,
  at: Location,
  mode: number | undefined,
  operation: Operation,
): Promise<void> {
  await ensurePath(primitives, at.parent(), mode, operation);
}
