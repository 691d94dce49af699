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
  /** Whether the first round is one like the others, since each run is a process of its own, which nothing warms up. Default false. */
  readonly firstCounts?: boolean;
  /** Who takes this many times as long as the first of them, and longer than a moment, runs once and not in every round. Default 3. */
  readonly patience?: number;
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

/** Who takes less than this runs in every round, in milliseconds. */
const momentMs = 1_500;

/** A contender that cannot do the work here, and why. */
export interface Failed {
  readonly name: string;
  readonly reason: string;
}

export interface RoundsResult {
  /** In the order of the contenders, without those that failed. */
  readonly measured: readonly Measured[];
  readonly failed: readonly Failed[];
}

/**
 * Lets contenders run one after another, round by round, so that what else the machine does falls on all of them; in each round another one
 * begins. The first round shows who is slow, and counts for nobody else, unless it does: what a first run loads and compiles is there afterwards. Rejects where
 * the first of the contenders fails; another one that does is left out and reported.
 */
export async function measureInRounds(
  contenders: readonly Contender[],
  { leastRounds, mostRounds, budgetMs, firstCounts = false, patience = 3 }: RoundsEffort,
  progress: (line: string) => void,
): Promise<RoundsResult> {
  const runs = contenders.map((contender): Runs => ({ contender, times: [], failure: undefined }));
  const [first] = runs;
  const until = performance.now() + budgetMs;
  const uncounted = firstCounts ? 0 : 1;
  for (let round = 0; round < Math.max(1, mostRounds + uncounted); round++) {
    if (round >= Math.max(1, leastRounds + uncounted) && performance.now() > until) break;
    for (const one of rotated(runs, round)) {
      if (one.failure !== undefined || (round > 0 && isSlow(one, first, patience))) continue;
      try {
        one.times.push(await one.contender.run());
        progress(`round ${round}, ${one.contender.name}: ${rounded(one.times.at(-1) ?? 0, 1)} ms`);
      } catch (error) {
        if (one === first) throw error;
        one.failure = error instanceof Error ? error.message : String(error);
        progress(`round ${round}, ${one.contender.name} failed: ${one.failure}`);
      }
    }
  }
  return {
    measured: runs.filter(({ failure }) => failure === undefined).map((one) => summary(one, uncounted)),
    failed: runs.flatMap(({ contender: { name }, failure: reason }) =>
      reason === undefined ? [] : [{ name, reason }],
    ),
  };
}

interface Runs {
  readonly contender: Contender;
  readonly times: number[];
  failure: string | undefined;
}

function isSlow({ times: [once = 0] }: Runs, first: Runs | undefined, patience: number): boolean {
  return once > momentMs && once > patience * (first?.times[0] ?? Infinity);
}

function summary({ contender, times }: Runs, uncounted: number): Measured {
  const counted = times.length > uncounted ? times.slice(uncounted) : times;
  return {
    name: contender.name,
    ms: median(counted),
    lowMs: Math.min(...counted),
    highMs: Math.max(...counted),
    rounds: counted.length,
  };
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
