import type { Clock, Timer } from "../../src/connection/clock.ts";

interface Due {
  at: number;
  readonly everyMs: number | undefined;
  readonly call: () => void;
}

/** A clock that moves when it is told to. Between two things that are due, whatever was set off by the first comes to rest. */
export class ManualClock implements Clock {
  #now = 0;
  #wall = Date.UTC(2026, 0, 1);
  readonly #due = new Set<Due>();

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#wall;
  }

  timeout(ms: number, expire: () => void): Timer {
    return this.#add({ at: this.#now + ms, everyMs: undefined, call: expire });
  }

  interval(ms: number, tick: () => void): Timer {
    return this.#add({ at: this.#now + ms, everyMs: ms, call: tick });
  }

  /** What is still going to happen. */
  get pending(): number {
    return this.#due.size;
  }

  /** Time passes, and what is due happens when it is due. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await this.#rest();
      const next = this.#next(end);
      if (next === undefined) break;
      this.#move(Math.max(0, next.at - this.#now));
      this.#happen(next);
    }
    this.#move(end - this.#now);
    await this.#rest();
  }

  /** The machine sleeps. As on Linux, where timers and `now` stand still meanwhile; or as where `now` goes on. */
  sleep(ms: number, { nowGoesOn = false }: { readonly nowGoesOn?: boolean } = {}): void {
    this.#wall += ms;
    if (nowGoesOn) this.#now += ms;
  }

  /** Somebody sets the calendar. */
  setWall(byMs: number): void {
    this.#wall += byMs;
  }

  #add(due: Due): Timer {
    if (due.at !== Infinity) this.#due.add(due);
    return { cancel: () => void this.#due.delete(due), hold: () => undefined };
  }

  #next(end: number): Due | undefined {
    const due = [...this.#due].filter(({ at }) => at <= end);
    return due.reduce<Due | undefined>(
      (first, one) => (first === undefined || one.at < first.at ? one : first),
      undefined,
    );
  }

  #happen(due: Due): void {
    if (due.everyMs === undefined) this.#due.delete(due);
    // A tick that was missed is made up for once, as timers do.
    else due.at = this.#now + due.everyMs;
    due.call();
  }

  #move(ms: number): void {
    this.#now += ms;
    this.#wall += ms;
  }

  /** Long enough for what goes over the loopback device and back. */
  async #rest(): Promise<void> {
    for (let turns = 0; turns < 8; turns++) await new Promise((resolve) => setImmediate(resolve));
  }
}
