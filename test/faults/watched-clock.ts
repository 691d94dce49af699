import type { Clock, Timer } from "../../src/extend.ts";
import { matrixClock } from "./matrix-clock.ts";

/** The matrix's clock, which knows how many timers somebody has set and left. */
export class WatchedClock implements Clock {
  #set = 0;

  /** Timers that have neither ended nor been cancelled. */
  get timers(): number {
    return this.#set;
  }

  now(): number {
    return matrixClock.now();
  }

  wallNow(): number {
    return matrixClock.wallNow();
  }

  timeout(ms: number, expire: () => void): Timer {
    const leave = this.#enter();
    const timer = matrixClock.timeout(ms, () => {
      leave();
      expire();
    });
    return cancelled(timer, leave);
  }

  interval(ms: number, tick: () => void): Timer {
    return cancelled(matrixClock.interval(ms, tick), this.#enter());
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
