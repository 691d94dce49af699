import type { Clock, Timer } from "../../src/extend.ts";
import { fastClock } from "../../src/testing/fast-clock.ts";
import { pace } from "./pace.ts";

/** The library's clock at the matrix's pace. It knows how many timers somebody has set and left. */
export class WatchedClock implements Clock {
  readonly #clock = fastClock(pace);
  #set = 0;

  /** Timers that have neither ended nor been cancelled. */
  get timers(): number {
    return this.#set;
  }

  now(): number {
    return this.#clock.now();
  }

  wallNow(): number {
    return this.#clock.wallNow();
  }

  timeout(ms: number, expire: () => void): Timer {
    const leave = this.#enter();
    const timer = this.#clock.timeout(ms, () => {
      leave();
      expire();
    });
    return cancelled(timer, leave);
  }

  interval(ms: number, tick: () => void): Timer {
    return cancelled(this.#clock.interval(ms, tick), this.#enter());
  }

  #enter(): () => void {
    this.#set++;
    let isSet = true;
    return () => {
      if (isSet) this.#set--;
      isSet = false;
    };
  }
}

function cancelled(timer: Timer, leave: () => void): Timer {
  return {
    cancel: () => {
      leave();
      timer.cancel();
    },
    hold: () => timer.hold(),
  };
}
