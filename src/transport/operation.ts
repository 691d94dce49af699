import { whenAborted } from "../connection/abort.ts";
import type { Clock, Timer } from "../connection/clock.ts";
import { TransportError, isTransportError, toTransportError } from "../errors/transport-error.ts";
import type { Location } from "../url/location.ts";
import { translateLocationError } from "./registry.ts";
import type { VerbOptions } from "./verb-options.ts";

/** One call of a verb, as its primitives see it. */
export interface Operation {
  /** The verb. */
  readonly name: string;
  /** The caller's; whoever works for the operation listens to it. */
  readonly signal: AbortSignal | undefined;
  /** What its limits are measured by; the machine's own clock where nothing is said. */
  readonly clock?: Clock | undefined;
}

/** The operation for a call; rejects at once where its signal is aborted already. */
export function startOperation(name: string, options: VerbOptions | undefined, clock?: Clock): Operation {
  const signal = options?.signal;
  if (signal?.aborted)
    throw new TransportError("aborted", "the operation was aborted before anything was sent", {
      operation: name,
      cause: signal.reason,
    });
  return { name, signal, clock };
}

/** What an operation is given up with once its signal is aborted; nothing is said of its effect. */
export function abortedError({ name, signal }: Operation, at?: Location): TransportError {
  return new TransportError("aborted", "the operation was aborted", {
    operation: name,
    url: at?.redactedUrl,
    cause: signal?.reason,
  });
}

/** Gives an operation up where its signal has been aborted since. */
export function throwIfAborted(operation: Operation): void {
  if (operation.signal?.aborted === true) throw abortedError(operation);
}

/** A failure with the verb, the URL and the path it concerns. */
export function failureAt(error: unknown, operation: string, at: Location, path: string): TransportError {
  return toTransportError(translateLocationError(error)).with({ operation, url: at.redactedUrl, path });
}

/** A failure of a verb that only reads: however it ended, nothing has happened. */
export function readFailureAt(error: unknown, operation: string, at: Location, path: string): TransportError {
  return failureAt(error, operation, at, path).with({ effect: "none" });
}

/** How long a change that was aborted may take to clean up after itself before its caller is answered all the same. */
const cleanUpMs = 1_000;

/**
 * What `work` resolves with, or `aborted` when the signal says so: at once for work that only reads; for work that `changes` something once
 * it has cleaned up after itself.
 */
export function abortable<T>(
  work: Promise<T>,
  { name, signal }: Operation,
  changes: boolean,
  clock: Clock,
): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined;
    const giveUp = (): void => {
      const effect = changes ? "unknown" : "none";
      reject(
        new TransportError("aborted", "the operation was aborted", { operation: name, effect, cause: signal.reason }),
      );
    };
    const abort = (): void => {
      if (changes) timer ??= clock.timeout(cleanUpMs, giveUp);
      else giveUp();
    };
    const stopListening = whenAborted(signal, abort);
    const done = (): void => {
      timer?.cancel();
      stopListening();
    };
    work
      .then(resolve, (error: unknown) => (signal.aborted && !isTransportError(error) ? giveUp() : reject(error)))
      .finally(done);
    if (signal.aborted) abort();
  });
}

/** Whether a look told that nothing is there. */
export function isMissing(error: unknown): boolean {
  return isTransportError(error, "not-found");
}
