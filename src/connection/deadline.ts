import type { Clock, Timer } from "./clock.ts";

/** A limit that runs out once, and can be stopped meanwhile. It never keeps the process alive. */
export class Deadline {
  readonly #clock: Clock;
  readonly #expire: () => void;
  #remainingMs: number;
  #startedAt = 0;
  #timer: Timer | undefined;
  #pauses = 0;

  constructor(clock: Clock, ms: number, expire: () => void) {
    this.#clock = clock;
    this.#remainingMs = ms;
    this.#expire = expire;
    this.#run();
  }

  /** Stops the clock while `work` runs. */
  async pausedFor<T>(work: () => Promise<T>): Promise<T> {
    if (this.#pauses++ === 0) this.#stop();
    try {
      return await work();
    } finally {
      if (--this.#pauses === 0) this.#run();
    }
  }

  /** Begins anew, with another limit; where it is stopped, once it goes on. */
  restart(ms: number): void {
    if (this.#timer !== undefined) this.#stop();
    this.#remainingMs = ms;
    if (this.#pauses === 0) this.#run();
  }

  /** Stops the clock for good. */
  cancel(): void {
    this.#pauses = Infinity;
    this.#stop();
  }

  #run(): void {
    this.#startedAt = this.#clock.now();
    this.#timer = this.#clock.timeout(this.#remainingMs, this.#expire);
  }

  #stop(): void {
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    this.#timer = undefined;
    this.#remainingMs -= this.#clock.now() - this.#startedAt;
  }
}
