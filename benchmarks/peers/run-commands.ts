import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { text } from "node:stream/consumers";

import type { Command } from "./transfer.ts";

/** What running programs took. */
export interface Run {
  /** From before the first starts until the last has ended. */
  readonly ms: number;
  /** Processor time, in user and system mode, of the programs and of what they started and waited for. */
  readonly cpuMs: number;
  /** What the last one wrote to its standard output. */
  readonly output: string;
}

/** Puts words before a command that change where it runs. */
export type Wrap = (words: Command["words"]) => Command["words"];

/** Programs took longer than they were given, and were ended. */
export class TimeIsUp extends Error {}

/** Runs programs one after another. Rejects with what the first of them said that fails, or with `TimeIsUp`. */
export async function runCommands(
  commands: readonly Command[],
  wrap: Wrap = (words) => words,
  limitMs = 600_000,
): Promise<Run> {
  let [cpuMs, output] = [0, ""];
  const start = performance.now();
  for (const command of commands) {
    const run = await runCommand(command, wrap, start + limitMs - performance.now());
    cpuMs += run.cpuMs;
    output = run.output;
  }
  return { ms: performance.now() - start, cpuMs, output };
}

/** A shell counts the processor time of its children, and tells it through a pipe of its own. */
const timing = `"$@" 3>&-; status=$?; times >&3; exit $status`;

async function runCommand({ words, env, input }: Command, wrap: Wrap, limitMs: number): Promise<Omit<Run, "ms">> {
  // Detached, it leads a group of its own, which ends together.
  const child = spawn("sh", ["-c", timing, "sh", ...wrap(words)], {
    env: { ...process.env, no_proxy: "*", ...env },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    detached: true,
  });
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  let isTimeUp = false;
  const limit = setTimeout(() => {
    isTimeUp = true;
    process.kill(-(child.pid as number), "SIGKILL");
  }, limitMs);
  const said = [child.stdout, child.stderr, child.stdio[3] as NodeJS.ReadableStream].map((stream) => text(stream));
  const stdin: Writable = child.stdin;
  stdin.on("error", (error) => stdin.destroy(error)); // Who does not read what is for it says why on standard error.
  stdin.end(input ?? "");
  const [[code, endedBy], output = "", complaint = "", times = ""] = await Promise.all([closed, ...said]);
  clearTimeout(limit);
  if (isTimeUp) throw new TimeIsUp(`${words.join(" ")} took too long`);
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code ?? endedBy}: ${complaint}${output}`);
  return { cpuMs: childrenMs(times), output };
}

/** The second line of what `times` says: `0m0.010000s 0m0.020000s`, of those that were waited for. */
function childrenMs(times: string): number {
  const [, children = ""] = times.trim().split("\n");
  const parts = [...children.matchAll(/([0-9]+)m([0-9.]+)s/g)];
  return parts.reduce((sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1_000, 0);
}
