import { whenAborted } from "./abort.ts";

/**
 * Pauses between attempts after failures: doubled each time up to a cap, with full jitter, so that many clients of one server do not
 * come back in step (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export class BackOff {
  readonly #baseMs: number;
  readonly #capMs: number;
  #failures = 0;
  #lastFailure = 0;

  constructor(baseMs: number, capMs: number) {
    this.#baseMs = baseMs;
    this.#capMs = capMs;
  }

  failed(): void {
    this.#failures++;
    this.#lastFailure = performance.now();
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** How long to wait from now before the next attempt, in milliseconds; 0 when nothing failed lately. */
  pauseMs(): number {
    if (this.#failures === 0) return 0;
    const longest = Math.min(this.#capMs, this.#baseMs * 2 ** (this.#failures - 1));
    return Math.max(0, longest * Math.random() - (performance.now() - this.#lastFailure));
  }
}

/** Resolves after `ms`, or as soon as `signal` is aborted; whoever waits looks at the signal. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      stopListening();
      resolve();
    };
    const timer = setTimeout(settle, ms);
    const stopListening = whenAborted(signal, settle);
  });
}
