import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";

import type { TransportOptions, TreeReport } from "samewire";

import { randomNumbers } from "../random-numbers.ts";

/** A copy of a tree that is killed and resumed. */
export interface KilledCopies {
  /** A path of this machine. */
  readonly source: string;
  /** Files in it. */
  readonly files: number;
  /** The URL of the target, which is not there. */
  readonly url: string;
  /** They must be plain data: a process of its own is given them. */
  readonly options: TransportOptions;
  readonly kills: number;
  /** Files under way at a time. Those that were may be whole on the server, whatever became of the client. */
  readonly maxFiles: number;
  /** Leads to the same points again. */
  readonly seed: number;
}

/** What came of it. */
export interface KilledResult {
  /** After how many things that a process had done it was killed, and how many milliseconds later. */
  readonly points: readonly DeathPoint[];
  /** What was left for the last process, which nobody killed. */
  readonly last: Omit<TreeReport, "failures">;
}

export interface DeathPoint {
  readonly deeds: number;
  readonly moreMs: number;
}

/** What one process is told. */
interface Attempt extends Pick<KilledCopies, "source" | "url" | "options" | "maxFiles"> {
  /** By `copyTree`; those after it by `sync`. */
  readonly first: boolean;
  readonly dieAfter?: DeathPoint;
}

const program = join(
  dirname(createRequire(import.meta.url).resolve("samewire/package.json")),
  "benchmarks/trees/copy-and-die.mjs",
);

/**
 * Copies with a process that is killed at a random point, goes on with a sync in another one that is killed as well, and so on, and lets the last one end.
 * Rejects where a process ends in another way, or before its point.
 */
export async function copyThroughKills(copies: KilledCopies): Promise<KilledResult> {
  const { kills, seed, files, ...attempt } = copies;
  const random = randomNumbers(seed);
  // So that something is left to do at each point, though all that is under way arrives.
  const mostDeeds = Math.floor(files / (kills + 1)) - attempt.maxFiles;
  const points = Array.from({ length: kills }, (): DeathPoint => {
    return { deeds: 1 + Math.floor(random() * mostDeeds), moreMs: Math.floor(random() * 3) };
  });
  for (const [at, dieAfter] of points.entries()) {
    const { signal, said } = await run({ ...attempt, first: at === 0, dieAfter });
    if (signal !== "SIGKILL") throw new Error(`process ${at + 1} was not killed ${JSON.stringify(dieAfter)}: ${said}`);
  }
  const { code, said } = await run({ ...attempt, first: false });
  if (code !== 0) throw new Error(`the last process ended with ${code}: ${said}`);
  return { points, last: JSON.parse(said) as KilledResult["last"] };
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly said: string;
}

async function run(attempt: Attempt): Promise<End> {
  const child = spawn(process.execPath, [program, JSON.stringify(attempt)], { stdio: ["ignore", "pipe", "pipe"] });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal, said: (await said).join("") };
}
