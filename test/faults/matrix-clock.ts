import type { Clock, Timer } from "../../src/extend.ts";
import { pace } from "./pace.ts";

/** How often the clock goes on, by the clock on the wall. */
const stepMs = 5;
/** The most that it goes on at a time. */
const longestStepMs = 6;

interface Due {
  readonly expire: () => void;
  at: number;
}

/**
 * The matrix's clock goes `pace` times as fast as the one on the wall while this process turns its event loop, and stands still while it cannot: client, proxy and
 * server are all in it, so that a machine which has other things to do makes none of them late for the others.
 */
class MatrixClock implements Clock {
  readonly #wallStartedAt = Date.now();
  readonly #due = new Set<Due>();
  #now = 0;
  #steppedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#wallStartedAt + this.#now;
  }

  timeout(ms: number, expire: () => void): Timer {
    return this.#enter({ at: this.#now + ms, expire });
  }

  interval(ms: number, tick: () => void): Timer {
    const due: Due = {
      at: this.#now + ms,
      expire: () => {
        due.at += ms;
        this.#due.add(due);
        tick();
      },
    };
    return this.#enter(due);
  }

  #enter(due: Due): Timer {
    this.#due.add(due);
    if (this.#timer === undefined) {
      this.#steppedAt = performance.now();
      this.#timer = setInterval(() => this.#step(), stepMs).unref();
    }
    return { cancel: () => void this.#due.delete(due), hold: () => undefined };
  }

  #step(): void {
    const now = performance.now();
    this.#now += Math.min(now - this.#steppedAt, longestStepMs) * pace;
    this.#steppedAt = now;
    for (const due of [...this.#due].filter(({ at }) => at <= this.#now).toSorted((a, b) => a.at - b.at)) {
      // Whoever came before may have cancelled it.
      if (this.#due.delete(due)) due.expire();
    }
    if (this.#due.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** What everything in the matrix is measured by: the library's limits, what is late, and what drips. */
export const matrixClock: Clock = new MatrixClock();
