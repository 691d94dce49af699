/** The longest delay that a timer takes; it treats a longer one as 1 ms. */
const longestTimerMs = 2 ** 31 - 1;

/** A clock that runs out once, and can be stopped meanwhile. Its timer never keeps the process alive. */
export class Deadline {
  readonly #expire: () => void;
  #remainingMs: number;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #pauses = 0;

  constructor(ms: number, expire: () => void) {
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

  /** Stops the clock for good. */
  cancel(): void {
    this.#pauses = Infinity;
    this.#stop();
  }

  #run(): void {
    this.#startedAt = performance.now();
    // A limit of more than 24 days, `Infinity` among them, is none.
    if (this.#remainingMs <= longestTimerMs) this.#timer = setTimeout(this.#expire, this.#remainingMs).unref();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    if (this.#timer !== undefined) this.#remainingMs -= performance.now() - this.#startedAt;
    this.#timer = undefined;
  }
}
