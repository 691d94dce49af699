import type { Random } from "./random.ts";
import type { SoakClone } from "./soak-clone.ts";

/** How many of all operations are still to be begun, and until when. */
export class Budget {
  readonly operations: number;
  readonly #startedAt = performance.now();
  readonly #durationMs: number;
  #begun = 0;
  #ended = false;

  constructor(operations: number, durationMs: number) {
    this.operations = operations;
    this.#durationMs = durationMs;
  }

  /** Whether one more is to be begun; it then counts. */
  take(): boolean {
    if (this.share >= 1) return false;
    this.#begun++;
    return true;
  }

  /** No more are begun. */
  end(): void {
    this.#ended = true;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** How much of the run is over, from 0 to 1: by operations or by time, whichever is further. */
  get share(): number {
    if (this.#ended) return 1;
    return Math.max(this.#begun / this.operations, this.elapsedMs / this.#durationMs);
  }
}

/** Clones that take turns at one server. Each does one thing at a time, and so many do at once. */
export class Crew {
  readonly clones: readonly SoakClone[];
  readonly #budget: Budget;
  readonly #random: Random;
  readonly #atOnce: number;
  readonly #settled: () => void;
  #working = 0;
  #pause: Promise<void> | undefined;
  #resume: (() => void) | undefined;
  #rested: (() => void) | undefined;

  constructor(
    clones: readonly SoakClone[],
    how: { readonly budget: Budget; readonly random: Random; readonly atOnce: number; readonly settled: () => void },
  ) {
    this.clones = clones;
    this.#budget = how.budget;
    this.#random = how.random;
    this.#atOnce = Math.min(how.atOnce, clones.length);
    this.#settled = how.settled;
  }

  /** Resolves when the budget is used up and everything has settled. */
  async run(): Promise<void> {
    await Promise.all(
      Array.from({ length: this.#atOnce }, (_, number) => {
        const own = this.clones.filter((_clone, at) => at % this.#atOnce === number);
        return this.#work(own, this.#random.fork(number));
      }),
    );
  }

  /** Resolves when nobody does anything any more; nobody begins until `resume` is called. */
  async rest(): Promise<void> {
    this.#pause ??= new Promise((resolve) => (this.#resume = resolve));
    if (this.#working > 0) await new Promise<void>((resolve) => (this.#rested = resolve));
  }

  resume(): void {
    this.#resume?.();
    this.#pause = undefined;
  }

  async #work(own: readonly SoakClone[], random: Random): Promise<void> {
    for (;;) {
      await this.#pause;
      if (!this.#budget.take()) return;
      this.#working++;
      await random.pick(own).step();
      this.#settled();
      if (--this.#working === 0) this.#rested?.();
    }
  }
}
