import { whenAborted } from "../connection/abort.ts";
import type { Clock } from "../connection/clock.ts";
import { systemClock } from "../connection/clock.ts";
import { pause } from "../connection/pause.ts";
import { retryAfterMs } from "./http-failure.ts";
import type { HttpHeaders } from "./http-message.ts";

/** A server that wants to be asked again at once is given at least so long, in milliseconds; each time twice as long as before. */
const leastWaitMs = 200;
const leastWaitCapMs = 10_000;

/**
 * A server's limit is a capacity, not a failure. When it has had enough, all requests wait until it wants to be asked again; then fewer are
 * sent at once, and slowly more.
 */
export class HttpThrottle {
  readonly #clock: Clock;
  /** Requests at once, from the server's first refusal on. */
  #limit = Infinity;
  #inFlight = 0;
  #notBefore = 0;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Waits for a place, and until the server wants to be asked. To be followed by `leave`. */
  async enter(signal: AbortSignal | undefined): Promise<void> {
    while (this.#inFlight >= this.#limit && signal?.aborted !== true) await this.#turn(signal);
    this.#inFlight++;
    const waitMs = this.#notBefore - this.#clock.now();
    if (waitMs > 0) await pause(this.#clock, waitMs, signal);
  }

  /** An answer has begun, or will not come. */
  leave(): void {
    this.#inFlight--;
    let places = this.#limit - this.#inFlight;
    for (const enter of this.#waiting) if (places-- >= 1) enter();
  }

  /** The server answered in the ordinary way: it may take a little more. */
  served(): void {
    if (this.#limit !== Infinity) this.#limit += 1 / this.#limit;
  }

  /** The server has had enough for so long. */
  refused(waitMs: number): void {
    this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, this.#inFlight + 1) / 2));
    this.#notBefore = Math.max(this.#notBefore, this.#clock.now() + waitMs);
  }

  /** Resolves when a place may be free, or when nobody wants it any more. */
  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const enter = (): void => {
        this.#waiting.delete(enter);
        stopListening();
        resolve();
      };
      const stopListening = whenAborted(signal, enter);
      this.#waiting.add(enter);
    });
  }
}

/**
 * How long a server wants to be left alone, where that is all that its answer says. `refusals` were given to the same request before. `unsaidMs` is meant
 * where it does not say how long; without it that is a failure.
 */
export function wantedPauseMs(
  { status, headers }: { readonly status: number; readonly headers: HttpHeaders },
  clock: Clock,
  refusals: number,
  unsaidMs?: number,
): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const waitMs = retryAfterMs(headers, clock.wallNow()) ?? unsaidMs;
  if (waitMs === undefined) return undefined;
  return Math.max(Math.min(leastWaitCapMs, leastWaitMs * 2 ** refusals), waitMs);
}
