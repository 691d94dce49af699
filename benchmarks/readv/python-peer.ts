import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

import type { RangePeer, RangeReader, Reading } from "./range-reader.ts";
import { MissingPeer } from "./range-reader.ts";

/** Debian's packages are those of Debian's Python. */
const python = "/usr/bin/python3";

/** The programs are compiled elsewhere; what is written in Python is where it was written. */
const script = join(
  dirname(createRequire(import.meta.url).resolve("samewire/package.json")),
  "benchmarks/readv/read-ranges.py",
);

/** How a client that does not know our options is let in by SSH. */
export interface KeyLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly keyFile: string;
  /** The path of the URL; ends in `/`. */
  readonly directory: string;
}

export interface PythonSettings {
  readonly login?: KeyLogin;
  /** For the client's process, beside ours. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A client written in Python, in a process of its own that measures itself. */
export function pythonPeer(client: "breezy" | "fsspec", { login, env }: PythonSettings = {}): RangePeer {
  return {
    name: client,
    async open(target) {
      if (!existsSync(python)) throw new MissingPeer(`${python} is not installed`);
      const child = spawn(python, [script], {
        env: { ...process.env, no_proxy: "*", ...env },
        stdio: ["pipe", "pipe", "inherit"],
      });
      const reader = new PythonReader(child);
      const ranges = target.ranges.map(({ offset, length }) => [offset, length]);
      const { missing } = await reader.ask<{ readonly missing?: string }>(
        JSON.stringify({ ...target, ranges, client, login }),
      );
      if (missing === undefined) return reader;
      await reader[Symbol.asyncDispose]();
      throw new MissingPeer(missing);
    },
  };
}

class PythonReader implements RangeReader {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #closed: Promise<unknown>;

  constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#closed = once(child, "close");
  }

  async ask<Answer>(line: string): Promise<Answer> {
    this.#child.stdin.write(`${line}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("the client in Python ended");
    return JSON.parse(value) as Answer;
  }

  read(): Promise<Reading> {
    return this.ask("read");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    await this.#closed;
  }
}
