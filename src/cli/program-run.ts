import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";

const passedOn = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** A program that runs in our place: it gets the signals that we get. */
export class ProgramRun {
  readonly child: ChildProcess;
  readonly #exit: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;

  /** `stdio`: of its stdin and stdout; its stderr is ours. No shell reads the command. */
  constructor([program, ...args]: readonly [string, ...string[]], env: NodeJS.ProcessEnv, stdio: "inherit" | "pipe") {
    this.child = spawn(program, args, { env, stdio: [stdio, stdio, "inherit"] });
    this.#exit = once(this.child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  }

  /**
   * What it ends with, as shells count it.
   *
   * @throws what `spawn` fails with, where it could not be started
   */
  async ended(): Promise<number> {
    const pass = (signal: NodeJS.Signals): void => {
      // A terminal has sent it Ctrl-C itself.
      if (signal !== "SIGINT" || process.stdin.isTTY !== true) this.child.kill(signal);
    };
    for (const name of passedOn) process.on(name, pass);
    try {
      const [code, signal] = await this.#exit;
      return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
    } finally {
      for (const name of passedOn) process.off(name, pass);
    }
  }
}
