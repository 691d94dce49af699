import type { TransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import type { Finding } from "../across-loss.ts";
import { afterLoss, done, isCutOff, nothing, unclear } from "../across-loss.ts";
import type { Operation } from "../operation.ts";
import type { Primitives } from "../primitives.ts";
import type { Stat } from "../stat.ts";
import { lookAt } from "./look-at.ts";

/** A temporary that is whole, and lacks nothing but the file's name. Nobody else knows what it is called. */
export interface Temporary {
  readonly temporary: Location;
  /** The file. */
  readonly at: Location;
  /** Bytes of the temporary. */
  readonly sizeBytes: number;
}

/** With what the last step of a put is made, and looked at. */
export interface LastStep {
  rename(from: Location, to: Location, operation: Operation): Promise<void>;
  /** What is there; undefined where nothing is. */
  look(at: Location, operation: Operation): Promise<Stat | undefined>;
}

/** Gives a temporary its file's name. */
export async function renameIntoPlace(
  primitives: Primitives,
  temporary: Temporary,
  operation: Operation,
): Promise<void> {
  try {
    await primitives.renameAt(temporary.temporary, temporary.at, operation);
  } catch (error) {
    if (!isCutOff(error, operation)) throw error;
    await intoPlaceAfterLoss(lastStepBy(primitives), temporary, operation, error);
  }
}

function lastStepBy(primitives: Primitives): LastStep {
  return {
    rename: (from, to, operation) => primitives.renameAt(from, to, operation),
    look: (at, operation) => lookAt(primitives, at, operation),
  };
}

/** Sees to a put whose last step was not answered before the connection was lost, by `loss`. Resolves once the file is in its place. */
export async function intoPlaceAfterLoss(
  step: LastStep,
  temporary: Temporary,
  operation: Operation,
  loss: TransportError,
): Promise<void> {
  const rename = (): Promise<void> => step.rename(temporary.temporary, temporary.at, operation);
  await afterLoss("put, its last step", operation, loss, rename, (looking) => whatBecameOf(step, temporary, looking));
}

/** As `intoPlaceAfterLoss`, for a temporary that was kept for it; where the file does not get into its place the temporary is discarded. */
export async function finishOrDiscard(
  primitives: Primitives,
  temporary: Temporary,
  operation: Operation,
  failure: unknown,
): Promise<void> {
  try {
    if (!isCutOff(failure, operation)) throw failure;
    await intoPlaceAfterLoss(lastStepBy(primitives), temporary, operation, failure);
  } catch (error) {
    await primitives.discardTemporary(temporary.temporary);
    throw error;
  }
}

async function whatBecameOf(
  step: LastStep,
  { temporary, at, sizeBytes }: Temporary,
  looking: Operation,
): Promise<Finding<void>> {
  if ((await step.look(temporary, looking)) !== undefined) return nothing;
  const file = await step.look(at, looking);
  // Somebody may have swept up what looked left behind: then the file is another.
  return file?.type === "file" && file.sizeBytes === sizeBytes ? done(undefined) : unclear;
}
