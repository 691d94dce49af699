/** Lets a number of pieces of work through at a time, and none together with another; the others wait, in the order in which they came. */
export class Lanes {
  readonly #waiting: (() => void)[] = [];
  readonly #apartMs: number;
  #free: number;
  #nextAt = 0;

  /** `apartMs` is between two beginnings: what begins together computes together, and keeps all of it waiting. */
  constructor(atOnce: number, apartMs: number) {
    this.#free = atOnce;
    this.#apartMs = apartMs;
  }

  async through<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free--;
    try {
      await this.#turn();
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }

  async #turn(): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + this.#apartMs;
    await new Promise((resolve) => setTimeout(resolve, at - now));
  }
}
