import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

import type { Network } from "../delay/network.ts";
import type { Command } from "../peers/transfer.ts";
import type { RangeReader, Reading } from "./range-reader.ts";
import { MissingPeer } from "./range-reader.ts";

/** What a program answers to the line that says what is to be read: its version, or why it is missing. */
interface Opening {
  readonly missing?: string;
}

/**
 * Starts a program behind a network. It is told what is to be read by a line of JSON, and when by a line for each time; it answers each with a line of
 * JSON. Rejects with `MissingPeer` where it says that its client is not installed.
 */
export async function openChildReader({ words, env }: Command, { wrap }: Network, told: object): Promise<RangeReader> {
  const [program, ...args] = wrap(words);
  const child = spawn(program, args, {
    env: { ...process.env, no_proxy: "*", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const reader = new ChildReader(child);
  const { missing } = await reader.ask<Opening>(JSON.stringify(told));
  if (missing === undefined) return reader;
  await reader[Symbol.asyncDispose]();
  throw new MissingPeer(missing);
}

class ChildReader implements RangeReader {
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
    if (done === true) throw new Error("the client's process ended");
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
