import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import type { TransportOptions } from "samewire";

/** Many streams of one file at once, on one connection. */
export interface ManyStreams {
  readonly client: "samewire" | "ssh2";
  /** The URL of the directory with the file `large`; ends in `/`. */
  readonly url: string;
  /** They must be plain data: a process of its own is given them. */
  readonly options: TransportOptions;
  /** A local file with what `large` holds. */
  readonly expectedFile: string;
  readonly fileBytes: number;
  readonly streams: number;
  /** How many bytes each gives, from a place of its own. */
  readonly readBytes: number;
  /** Whoever reads one pauses after so many, for some `pauseMs`; with 0 nobody does. */
  readonly stepBytes: number;
  readonly pauseMs: number;
}

/** What the process saw. */
export interface ManyStreamsResult {
  /** Resident memory with the connection open, and at its highest meanwhile. */
  readonly beforeBytes: number;
  readonly peakBytes: number;
  /** Counted from when all were asked for at once: when the last of them gave its first bytes, when the first ended, and when the last did. */
  readonly lastFirstByteMs: number;
  readonly firstEndMs: number;
  readonly ms: number;
  /** Those that gave every byte as it is in the file; that is all of them, or the process fails. */
  readonly completed: number;
}

const program = join(
  dirname(createRequire(import.meta.url).resolve("samewire/package.json")),
  "benchmarks/many-streams/read-many.mjs",
);

/** Reads in a process of its own that does nothing else. Rejects where a stream fails or gives a wrong byte. */
export async function readManyStreams(reading: ManyStreams): Promise<ManyStreamsResult> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(reading)]);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as ManyStreamsResult;
}
