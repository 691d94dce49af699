import type { Step, When } from "./repetition-site.ts";

/** Decides at which request the connection is cut, and counts them. */
export class Cutter {
  readonly #counts = new Map<Step, number>();
  #wanted: { readonly step: Step; readonly when: When } | undefined;

  count(step: Step): number {
    return this.#counts.get(step) ?? 0;
  }

  /** What becomes of a request that is for these steps. */
  react(steps: readonly Step[]): "answer" | "drop" | "drop-after" {
    for (const step of steps) this.#counts.set(step, this.count(step) + 1);
    const wanted = this.#wanted;
    if (wanted === undefined || !steps.includes(wanted.step)) return "answer";
    this.#wanted = undefined;
    return wanted.when === "before" ? "drop" : "drop-after";
  }

  /** Runs work, in which the next request for a step must come, and is the one at which the connection is cut. */
  async cut<T>(step: Step, when: When, work: () => Promise<T>): Promise<T> {
    this.#wanted = { step, when };
    const [outcome] = await Promise.allSettled([work()]);
    if (this.#wanted !== undefined) throw new Error(`nothing was asked for that is for "${step}"`);
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  }
}
