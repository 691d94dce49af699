import type { Step, When } from "./repetition-site.ts";

/** What becomes of a request beside what happened; nothing where it is answered. */
export type Meanwhile = "drop" | "silence" | void;

/** Decides at which request the connection is cut, and counts them. */
export class Cutter {
  readonly #counts = new Map<Step, number>();
  #meanwhile: { readonly step: Step; readonly deed: () => Meanwhile } | undefined;
  #wanted: { readonly step: Step; readonly when: When } | undefined;

  count(step: Step): number {
    return this.#counts.get(step) ?? 0;
  }

  /** What becomes of a request that is for these steps. */
  react(steps: readonly Step[]): "answer" | "drop" | "drop-after" | "silence" {
    for (const step of steps) this.#counts.set(step, this.count(step) + 1);
    const wanted = this.#wanted;
    if (wanted === undefined)
      return (
        (this.#meanwhile !== undefined && steps.includes(this.#meanwhile.step) && this.#meanwhile.deed()) || "answer"
      );
    if (!steps.includes(wanted.step)) return "answer";
    this.#wanted = undefined;
    return wanted.when === "before" ? "drop" : "drop-after";
  }

  /** Once the connection was cut, something happens whenever a step is asked for, before it is done. */
  meanwhile(step: Step, deed: () => Meanwhile): void {
    this.#meanwhile = { step, deed };
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
