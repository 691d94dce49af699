import type { Clock } from "./clock.ts";

/** Doublings that are beyond any cap. After a thousand there is only `Infinity`, and 0 times that is no number. */
const mostDoublings = 32;

/**
 * Pauses between attempts after failures: doubled each time up to a cap, with full jitter, so that many clients of one server do not
 * come back in step (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export class BackOff {
  readonly #clock: Clock;
  readonly #baseMs: number;
  readonly #capMs: number;
  #failures = 0;
  #lastFailure = 0;

  constructor(clock: Clock, baseMs: number, capMs: number) {
    this.#clock = clock;
    this.#baseMs = baseMs;
    this.#capMs = capMs;
  }

  failed(): void {
    this.#failures++;
    this.#lastFailure = this.#clock.now();
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** How long to wait from now before the next attempt, in milliseconds; 0 when nothing failed lately. */
  pauseMs(): number {
    if (this.#failures === 0) return 0;
    const longest = Math.min(this.#capMs, this.#baseMs * 2 ** Math.min(mostDoublings, this.#failures - 1));
    return Math.max(0, longest * Math.random() - (this.#clock.now() - this.#lastFailure));
  }
}
