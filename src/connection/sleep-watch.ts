import type { Clock } from "./clock.ts";

/**
 * Notices that the machine slept, which no timer tells: on Linux neither timers nor `now` go on meanwhile, and only the calendar has jumped; on other systems
 * `now` goes on, and whoever wanted to look again soon looks far too late. A calendar that was set looks the same; one that was set back is nothing.
 */
export class SleepWatch {
  readonly #clock: Clock;
  readonly #everyMs: number;
  #now: number;
  #wallNow: number;

  /** `everyMs`: how often it will be asked at least. */
  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#now = clock.now();
    this.#wallNow = clock.wallNow();
  }

  /** How long the machine may have slept since this was asked last, in milliseconds; about 0 where it did not. `now` is what the clock says. */
  sleptMs(now: number): number {
    const wallNow = this.#clock.wallNow();
    const passedMs = now - this.#now;
    const jumpedMs = wallNow - this.#wallNow - passedMs;
    this.#now = now;
    this.#wallNow = wallNow;
    return Math.max(0, jumpedMs, passedMs - this.#everyMs);
  }
}
