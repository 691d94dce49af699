import { randomNumbers } from "../random-numbers.ts";

/** Choices that are the same for a seed. */
export class Random {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = randomNumbers(seed);
  }

  /** A whole number from `from` up to, and without, `below`. */
  whole(from: number, below: number): number {
    return from + Math.floor(this.#next() * (below - from));
  }

  /** From 0 to 1, without 1. */
  fraction(): number {
    return this.#next();
  }

  /** True so often: 0.1 is one in ten. */
  chance(share: number): boolean {
    return this.#next() < share;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.whole(0, items.length)] as T;
  }

  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let left = this.#next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) if ((left -= weight) < 0) return name;
    return (entries.at(-1) as [Name, number])[0];
  }

  /** Choices of somebody else, which do not depend on how many were made here since. */
  fork(number: number): Random {
    return new Random((this.whole(0, 2 ** 31) ^ Math.imul(number + 1, 0x9e3779b1)) | 0);
  }
}
