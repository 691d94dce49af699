import { describe, expect, it } from "vitest";

import type { Contender } from "../../benchmarks/rounds.ts";
import { measureInRounds } from "../../benchmarks/rounds.ts";

const silent = (): void => undefined;

/** Takes the times given, one after another, and notes when it ran. */
function contender(name: string, times: readonly number[], log: string[]): Contender {
  const left = [...times];
  return {
    name,
    run: () => {
      log.push(name);
      const ms = left.shift();
      return ms === undefined ? Promise.reject(new Error(`${name} is out of times`)) : Promise.resolve(ms);
    },
  };
}

describe("measuring in rounds", () => {
  it("everybody runs in each round, another one first each time, and the first round does not count", async () => {
    const log: string[] = [];
    const { measured, failed } = await measureInRounds(
      [contender("a", [100, 1, 3, 2], log), contender("b", [100, 20, 10, 30], log)],
      { leastRounds: 3, mostRounds: 3, budgetMs: 0 },
      silent,
    );
    expect(log.join("")).toBe("abbaabba");
    expect(failed).toEqual([]);
    expect(measured).toEqual([
      { name: "a", ms: 2, lowMs: 1, highMs: 3, rounds: 3 },
      { name: "b", ms: 20, lowMs: 10, highMs: 30, rounds: 3 },
    ]);
  });

  it("the first round counts where it is one like the others", async () => {
    const effort = { leastRounds: 2, mostRounds: 2, budgetMs: 0, firstCounts: true };
    const { measured } = await measureInRounds([contender("a", [3, 1], [])], effort, silent);
    expect(measured).toEqual([{ name: "a", ms: 2, lowMs: 1, highMs: 3, rounds: 2 }]);
  });

  it("there is one round at least, and that counts", async () => {
    const effort = { leastRounds: 0, mostRounds: 0, budgetMs: 0 };
    for (const firstCounts of [true, false]) {
      const { measured } = await measureInRounds([contender("a", [3], [])], { ...effort, firstCounts }, silent);
      expect(measured).toEqual([{ name: "a", ms: 3, lowMs: 3, highMs: 3, rounds: 1 }]);
    }
  });

  it("who takes several times as long as the first, and seconds, runs once, and that counts", async () => {
    const log: string[] = [];
    const { measured } = await measureInRounds(
      [contender("fast", [1_000, 900, 800], log), contender("slow", [3_001], log), contender("tiny", [9, 9, 9], log)],
      { leastRounds: 2, mostRounds: 2, budgetMs: 0 },
      silent,
    );
    expect(measured.map(({ name, ms, rounds }) => [name, ms, rounds])).toEqual([
      ["fast", 850, 2],
      ["slow", 3_001, 1],
      ["tiny", 9, 2],
    ]);
  });

  it("beyond the least there are no more rounds once the time is gone, nor more than the most", async () => {
    const rounds = async (budgetMs: number): Promise<number | undefined> => {
      const effort = { leastRounds: 1, mostRounds: 4, budgetMs };
      const { measured } = await measureInRounds([contender("a", [1, 1, 1, 1, 1], [])], effort, silent);
      return measured[0]?.rounds;
    };
    expect(await rounds(-1)).toBe(1);
    expect(await rounds(60_000)).toBe(4);
  });

  it("who fails is left out and reported, but where the first of them fails nothing is measured", async () => {
    const effort = { leastRounds: 1, mostRounds: 1, budgetMs: 0 };
    const { measured, failed } = await measureInRounds(
      [contender("a", [1, 1], []), contender("b", [1], [])],
      effort,
      silent,
    );
    expect(measured.map(({ name }) => name)).toEqual(["a"]);
    expect(failed).toEqual([{ name: "b", reason: "b is out of times" }]);
    await expect(measureInRounds([contender("a", [], [])], effort, silent)).rejects.toThrow("a is out of times");
  });
});
