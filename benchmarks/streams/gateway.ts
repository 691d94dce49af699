import type { ChildProcessByStdio } from "node:child_process";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";

import type { TransportOptions } from "samewire";

/** Many slow readers of one file over HTTP. */
export interface SlowWebReading {
  /** The URL of the directory with the file `large`; ends in `/`. */
  readonly url: string;
  readonly readers: number;
  /** The file has these bytes of `noise`. */
  readonly fileBytes: number;
  /** How many of them each reads, from a place of its own. */
  readonly readBytes: number;
  /** After so many it pauses, for some `pauseMs`. */
  readonly stepBytes: number;
  readonly pauseMs: number;
  /** Nobody goes on before all have their first bytes, and then nobody does for so long. */
  readonly heldMs: number;
}

/** What the readers saw. */
export interface SlowWebResult {
  /** When each had its first bytes, counted from when all asked at once. */
  readonly firstBytesMs: readonly number[];
  readonly lastEndMs: number;
  /** Those that got every byte as it is in the file; that is all of them, or the process fails. */
  readonly completed: number;
}

/** What the gateway's process saw of itself. */
export interface GatewayResult {
  /** Resident memory with the connection open, and at its highest since. */
  readonly beforeBytes: number;
  readonly peakBytes: number;
  readonly wiresOpened: number;
}

const folder = join(dirname(createRequire(import.meta.url).resolve("samewire/package.json")), "benchmarks/streams");

/** Serves a directory in a process that does nothing else. */
export class GatewayProcess implements AsyncDisposable {
  /** Where the gateway is; ends in `/`. */
  readonly url: string;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    process: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    url: string,
  ) {
    this.#process = process;
    this.#lines = lines;
    this.url = url;
  }

  static async start(url: string, options: TransportOptions): Promise<GatewayProcess> {
    const process = start(JSON.stringify({ url, options }));
    const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    const { url: own } = (await messageFrom(lines)) as { readonly url: string };
    return new GatewayProcess(process, lines, own);
  }

  /** From here on its memory is watched. */
  watch(): void {
    this.#process.stdin.write("\n");
  }

  /** Ends it. */
  async end(): Promise<GatewayResult> {
    this.#process.stdin.end();
    return (await messageFrom(this.#lines)) as GatewayResult;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.kill();
    await once(this.#process, "close");
  }
}

/** Reads slowly, in a process of its own that does nothing else. Rejects where one of the readers fails or gets a wrong byte. */
export async function readSlowlyByHttp(reading: SlowWebReading): Promise<SlowWebResult> {
  const program = join(folder, "read-by-http.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(reading)]);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as SlowWebResult;
}

function start(argument: string): ChildProcessByStdio<Writable, Readable, null> {
  return spawn(process.execPath, ["--expose-gc", join(folder, "serve.mjs"), argument], {
    stdio: ["pipe", "pipe", "inherit"],
  });
}

async function messageFrom(lines: AsyncIterator<string>): Promise<unknown> {
  const line = await lines.next();
  if (line.done === true) throw new Error("the gateway ended without a word");
  return JSON.parse(line.value);
}
