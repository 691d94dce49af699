import type { Clock, Timer } from "../connection/clock.ts";
import { systemClock } from "../connection/clock.ts";

/**
 * A clock on which time passes `factor` times as fast, for the `clock` option: with 20, a limit of a minute is over after three seconds, and limits keep
 * their proportions. What the network and the servers take passes as slowly as ever, so that a factor of more than 50 makes even quick servers look slow.
 *
 * @throws RangeError for a factor that is no positive number
 */
export function fastClock(factor: number): Clock {
  if (!(factor > 0 && factor < Infinity)) throw new RangeError("the factor must be a positive number");
  return new FastClock(factor);
}

class FastClock implements Clock {
  readonly #factor: number;
  readonly #startedAt = systemClock.now();
  readonly #wallStartedAt = systemClock.wallNow();

  constructor(factor: number) {
    this.#factor = factor;
  }

  now(): number {
    return (systemClock.now() - this.#startedAt) * this.#factor;
  }

  /** Never jumps: a hundredfold millisecond of the machine's calendar would look like one. */
  wallNow(): number {
    return this.#wallStartedAt + this.now();
  }

  timeout(ms: number, expire: () => void): Timer {
    return systemClock.timeout(ms / this.#factor, expire);
  }

  interval(ms: number, tick: () => void): Timer {
    return systemClock.interval(ms / this.#factor, tick);
  }
}
