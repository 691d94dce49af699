import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { ReadStream } from "node:tty";

import type { Messages } from "./messages.ts";

export interface Question {
  readonly text: string;
  /** Whether what is typed is shown. */
  readonly echo: boolean;
  readonly signal: AbortSignal;
}

/** The person at the terminal. Questions are asked one after another, on stderr, so that stdout stays what the command was asked for. */
export class Terminal {
  readonly #messages: Messages;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(messages: Messages) {
    this.#messages = messages;
  }

  /** The terminal that this process was started from; undefined where nobody sits at one. */
  static find(messages: Messages): Terminal | undefined {
    if (!process.stderr.isTTY) return undefined;
    if (process.stdin.isTTY) return new Terminal(messages);
    try {
      closeSync(openSync(controllingTerminal, "r"));
      return new Terminal(messages);
    } catch {
      return undefined; // There is none: a daemon, a job of a CI.
    }
  }

  /** Runs a conversation of one or more questions, with no other in between. */
  converse<T>(conversation: (terminal: Terminal) => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => this.#messages.suspend(() => conversation(this)));
    this.#last = turn.catch(() => undefined); // Whoever asked is told; the next one is asked all the same.
    return turn;
  }

  say(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** What was typed, without the end of the line; undefined when the input ended (Ctrl-D) or the signal gave up. */
  async ask({ text, echo, signal }: Question): Promise<string | undefined> {
    // With stdin as a pipe the keyboard is reached through the terminal itself.
    const input = process.stdin.isTTY ? process.stdin : new ReadStream(openSync(controllingTerminal, "r"));
    // readline echoes to its output: a hidden answer goes nowhere.
    const output = echo ? process.stderr : new Writable({ write: (_chunk, _encoding, done) => done() });
    const reader = createInterface({ input, output, terminal: true, historySize: 0 });
    const ended = new AbortController();
    reader.once("close", () => ended.abort());
    // In raw mode Ctrl-C is a character.
    reader.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
    try {
      if (!echo) process.stderr.write(text);
      return await reader.question(echo ? text : "", { signal: AbortSignal.any([signal, ended.signal]) });
    } catch (error) {
      if (ended.signal.aborted || signal.aborted) return undefined;
      throw error;
    } finally {
      reader.close();
      if (input !== process.stdin) input.destroy();
      if (!echo || signal.aborted) process.stderr.write("\n");
    }
  }
}

const controllingTerminal = "/dev/tty";
