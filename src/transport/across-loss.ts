import { abortedWith } from "../connection/abort.ts";
import { systemClock } from "../connection/clock.ts";
import { lookTimeoutMs } from "../connection/defaults.ts";
import { within } from "../connection/within.ts";
import type { TransportError } from "../errors/transport-error.ts";
import { isTransportError, toTransportError } from "../errors/transport-error.ts";
import type { Operation } from "./operation.ts";
import type { RepetitionRequest } from "./repetition.ts";
import { isRepeated, repetition } from "./repetition.ts";

/** What a look found of a change that was not answered. */
export type Finding<T> =
  | { readonly became: "done"; readonly value: T }
  /** It was not done, and to do it now is to do it once. */
  | { readonly became: "nothing" }
  | { readonly became: "unclear" };

export const unclear: Finding<never> = { became: "unclear" };
export const nothing: Finding<never> = { became: "nothing" };

export function done<T>(value: T): Finding<T> {
  return { became: "done", value };
}

/** Asks the server what became of a change. Its failure, and one that takes too long, tells nothing. */
type Look<T> = (looking: Operation) => Promise<Finding<T>>;

/** What is said of a request on its way: the first of the two once it has a wire, the other one when something goes out that changes something. */
export interface Sending {
  begins(): void;
  sends(): void;
}

/**
 * Makes a request once more where the connection was lost before anything was sent that changes something. Whatever it fails with by then, nothing has
 * happened.
 */
export async function unlessUnsent<T>(operation: Operation, once: (sending: Sending) => Promise<T>): Promise<T> {
  for (let again = true; ; again = false) {
    let stage: "waiting" | "begun" | "sent" = "waiting";
    try {
      return await once({ begins: () => (stage = "begun"), sends: () => (stage = "sent") });
    } catch (error) {
      // Assigned in the callbacks, which the compiler does not see.
      const isUnsent = (stage as string) === "begun" && operation.signal?.aborted !== true;
      if (!isUnsent || !isTransportError(error)) throw error;
      if (!again || error.code !== "connection-lost") throw error.with({ effect: "none" });
    }
  }
}

/** Whether the connection was lost between a change and its answer, so that nobody knows what became of it. */
export function isCutOff(error: unknown, operation: Operation): error is TransportError {
  return isTransportError(error, "connection-lost") && error.effect === "unknown" && operation.signal?.aborted !== true;
}

/**
 * Makes a change, and looks what became of it where the connection is lost before it was answered and the table of repetition says so. `send` is called
 * once more at most. What cannot be told rejects with what the connection was lost by, whatever failed after that.
 */
export async function acrossLoss<T>(
  request: RepetitionRequest,
  operation: Operation,
  send: () => Promise<T>,
  look: Look<T>,
): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!isCutOff(error, operation)) throw error;
    return await afterLoss(request, operation, error, send, look);
  }
}

/** What `acrossLoss` does once the connection was lost, by `loss`. */
export async function afterLoss<T>(
  request: RepetitionRequest,
  operation: Operation,
  loss: TransportError,
  send: () => Promise<T>,
  look: Look<T>,
): Promise<T> {
  if (repetition[request].unanswered !== "look") throw loss;
  const found = await findOut(look, operation);
  if (found.became === "done") return found.value;
  if (found.became === "unclear") throw loss;
  try {
    return await send();
  } catch (error) {
    // The first one may have been done after the look, and be why the second was refused.
    const late = await findOut(look, operation);
    if (late.became === "done") return late.value;
    throw isTransportError(error, "already-exists", "not-found", "connection-lost", "connection-failed")
      ? loss
      : toTransportError(error).with({ effect: "unknown" });
  }
}

/** Makes a request again, once, where the connection was lost before it was answered and the table of repetition has it repeated. */
export async function repeatedAcrossLoss<T>(
  request: RepetitionRequest,
  operation: Operation,
  send: () => Promise<T>,
): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!isRepeated(request) || !isCutOff(error, operation)) throw error;
    return await send().catch((second: unknown) => {
      // Whatever becomes of the second one, the first one may have been done.
      throw toTransportError(second).with({ effect: "unknown" });
    });
  }
}

async function findOut<T>(look: Look<T>, { name, signal, clock = systemClock }: Operation): Promise<Finding<T>> {
  if (signal?.aborted === true) return unclear;
  const enough = abortedWith(signal);
  try {
    return await within(clock, lookTimeoutMs, look({ name, signal: enough.signal }), unclear);
  } catch {
    return unclear; // The first failure is the one to tell.
  } finally {
    enough.abort();
  }
}
