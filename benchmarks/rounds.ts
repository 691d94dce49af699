import { median, rounded } from "./statistics.ts";

/** One of several that do the same work. */
export interface Contender {
  /** As it is named in results. */
  readonly name: string;
  /** Does it once; resolves with how long that took, in milliseconds, without the time in which the outcome is checked. Rejects where it is wrong. */
  run(): Promise<number>;
}

export interface RoundsEffort {
  readonly leastRounds: number;
  readonly mostRounds: number;
  /** Beyond the least there are rounds only until this much time has gone, in milliseconds. */
  readonly budgetMs: number;
}

/** What a contender's runs took. */
export interface Measured {
  readonly name: string;
  /** The median, the least and the most, in milliseconds. */
  readonly ms: number;
  readonly lowMs: number;
  readonly highMs: number;
  /** How many runs counted. */
  readonly rounds: number;
}

/** Who takes this many times as long as the first of them, and longer than this, runs once and not in every round. */
const patience = { times: 3, ms: 3_000 };

/**
 * Lets contenders run one after another, round by round, so that what else the machine does falls on all of them; in each round another one
 * begins. The first round shows who is slow, and counts for nobody else: what a first run loads and compiles is there afterwards.
 */
export async function measureInRounds(
  contenders: readonly Contender[],
  { leastRounds, mostRounds, budgetMs }: RoundsEffort,
  progress: (line: string) => void,
): Promise<readonly Measured[]> {
  const runs = contenders.map((contender) => ({ contender, times: [] as number[] }));
  const [first] = runs;
  const isSlow = (times: readonly number[]): boolean => {
    const [once = 0] = times;
    return once > patience.ms && once > patience.times * (first?.times[0] ?? Infinity);
  };
  const until = performance.now() + budgetMs;
  for (let round = 0; round <= mostRounds; round++) {
    if (round > leastRounds && performance.now() > until) break;
    for (const { contender, times } of rotated(runs, round)) {
      if (round > 0 && isSlow(times)) continue;
      times.push(await contender.run());
      progress(`round ${round}, ${contender.name}: ${rounded(times.at(-1) ?? 0, 1)} ms`);
    }
  }
  return runs.map(({ contender, times }) => {
    const counted = times.length > 1 ? times.slice(1) : times;
    return {
      name: contender.name,
      ms: median(counted),
      lowMs: Math.min(...counted),
      highMs: Math.max(...counted),
      rounds: counted.length,
    };
  });
}

function rotated<T>(all: readonly T[], by: number): readonly T[] {
  const from = by % Math.max(1, all.length);
  return [...all.slice(from), ...all.slice(0, from)];
}

/** How long work takes, in milliseconds. */
export async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}
