import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import type { TransportOptions } from "samewire";

const MiB = 2 ** 20;

/** Many slow readers of one file. */
export interface SlowReading {
  /** The URL of the directory with the file `large`; ends in `/`. */
  readonly url: string;
  /** They must be plain data: a process of its own is given them. */
  readonly options: TransportOptions;
  readonly readers: number;
  /** The file has these bytes of `noise`. */
  readonly fileBytes: number;
  /** How many of them each reads, from a place of its own. */
  readonly readBytes: number;
  /** After so many it pauses, for some `pauseMs`. */
  readonly stepBytes: number;
  readonly pauseMs: number;
  /** Readers that can be answered at the same time. Nobody goes on before so many have their first bytes, and then nobody does for `heldMs`. */
  readonly atOnce: number;
  readonly heldMs: number;
  /**
   * Whether what nobody holds any more is collected all the time, so that what is held shows by itself: V8 collects when it likes, and lets some hundred MiB of
   * what was read lie around first, on Node 24 more than on Node 20. Default false: what a user of it sees.
   */
  readonly collects?: boolean;
}

/** What the readers' process saw. */
export interface SlowReadingResult {
  /** Resident memory with the connection open, and at its highest while they read. */
  readonly beforeBytes: number;
  readonly peakBytes: number;
  /** When the last of them had its first bytes, counted from when all asked at once. */
  readonly firstByteMs: number;
  readonly firstEndMs: number;
  readonly lastEndMs: number;
  /** How far the slowest was when the first was done, as a share of all. */
  readonly leastAtFirstEnd: number;
  readonly wiresOpened: number;
  /** Those that got every byte as it is in the file; that is all of them, or the process fails. */
  readonly completed: number;
}

/** The file of the usual measurement. */
export const fileBytes: number = 50 * MiB;

/** What is promised: the growth of resident memory while three hundred read. */
export const mostGrowthBytes: number = 150 * MiB;

const program = join(
  dirname(createRequire(import.meta.url).resolve("samewire/package.json")),
  "benchmarks/slow-readers/read-slowly.mjs",
);

/** Reads slowly, in a process of its own that does nothing else. Rejects where one of the readers fails or gets a wrong byte. */
export async function readSlowly(reading: SlowReading): Promise<SlowReadingResult> {
  const flags = reading.collects === true ? ["--expose-gc"] : [];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, JSON.stringify(reading)]);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as SlowReadingResult;
}
