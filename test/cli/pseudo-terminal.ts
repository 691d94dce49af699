import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";

import { isRequired } from "../servers/find-servers.ts";
import type { BuiltCommand } from "./built-command.ts";

/** The script(1) of BSD and macOS takes other options than util-linux's. */
const isUtilLinux = /util-linux/.test(spawnSync("script", ["--version"]).stdout?.toString() ?? "");

export const hasPseudoTerminal: boolean = isRequired("pseudo-terminal") || isUtilLinux;

/** For titles: a skip says why. */
export const ifPseudoTerminal: string = hasPseudoTerminal ? "" : " (skipped: util-linux's script is not installed)";

/** The command in a real pseudo-terminal, with a person who reads and types. */
export class PseudoTerminal {
  readonly #child: ChildProcess;
  readonly #ended: Promise<[number | null]>;
  #screen = "";
  #seen = 0;
  #onOutput: (() => void) | undefined;

  constructor(command: BuiltCommand, args: readonly string[], redirection = "", { term = "dumb" } = {}) {
    const words = [process.execPath, command.main, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    // It has no size of its own.
    const line = `stty cols 100 rows 30; ${words.join(" ")}`;
    this.#child = spawn(
      "script",
      ["--quiet", "--return", "--flush", "--command", `${line} ${redirection}`, "/dev/null"],
      {
        cwd: command.folder,
        env: { ...command.env, SHELL: "/bin/sh", TERM: term },
      },
    );
    this.#ended = once(this.#child, "close") as Promise<[number | null]>;
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#screen += text;
      this.#onOutput?.();
    });
  }

  /** Everything that was shown. */
  get screen(): string {
    return this.#screen.replaceAll("\r\n", "\n");
  }

  /** Resolves once the text is shown, after what was waited for before. */
  async shows(text: string): Promise<void> {
    for (;;) {
      const at = this.#screen.indexOf(text, this.#seen);
      if (at >= 0) {
        this.#seen = at + text.length;
        return;
      }
      if (this.#child.exitCode !== null) throw new Error(`${JSON.stringify(text)} was not shown:\n${this.screen}`);
      await new Promise<void>((resolve) => {
        this.#onOutput = resolve;
        this.#child.once("close", () => resolve());
      });
    }
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** The exit code. */
  async end(): Promise<number | null> {
    const [code] = await this.#ended;
    this.#child.stdin?.destroy();
    return code;
  }
}
