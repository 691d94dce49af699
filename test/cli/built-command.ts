import type { ChildProcess } from "node:child_process";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const homeName = ".home";
const repository = fileURLToPath(new URL("../../", import.meta.url));

export interface Outcome {
  /** Exit code, or null where a signal ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * The real command, built from the sources as they are, with a working directory and a home of its own: no configuration, key or agent of whoever runs the
 * tests is used.
 */
export class BuiltCommand implements Disposable {
  readonly main: string;
  /** The working directory of every run. */
  readonly folder: string;
  readonly home: string;
  readonly #output: string;

  private constructor(output: string) {
    this.#output = output;
    this.main = join(output, "dist/cli/main.js");
    this.folder = mkdtempSync(join(tmpdir(), "samewire-command-"));
    this.home = join(this.folder, homeName);
    mkdirSync(this.home);
  }

  static async build(): Promise<BuiltCommand> {
    mkdirSync(join(repository, ".build"), { recursive: true });
    const output = mkdtempSync(join(repository, ".build/command-"));
    // Types are checked elsewhere.
    const asPrograms = ["--noCheck", "--declaration", "false", "--isolatedDeclarations", "false"];
    const args = ["-p", "tsconfig.build.json", "--outDir", join(output, "dist"), ...asPrograms];
    await promisify(execFile)(join(repository, "node_modules/.bin/tsc"), args, { cwd: repository });
    cpSync(join(repository, "package.json"), join(output, "package.json"));
    return new BuiltCommand(output);
  }

  /** Removes what is in the working directory, as before every test. */
  empty(): void {
    for (const name of readdirSync(this.folder))
      if (name !== homeName) rmSync(join(this.folder, name), { recursive: true });
  }

  get env(): NodeJS.ProcessEnv {
    const { SSH_AUTH_SOCK: _agent, ...env } = process.env;
    return { ...env, HOME: this.home };
  }

  /** The path of something in the working directory. */
  file(path: string): string {
    return join(this.folder, path);
  }

  start(args: readonly string[], { env = {} }: RunOptions = {}): ChildProcess {
    const child = spawn(process.execPath, [this.main, ...args], {
      cwd: this.folder,
      env: { ...this.env, ...env },
    });
    // A command that ends early leaves what it was to read; its outcome tells why.
    child.stdin.on("error", () => undefined);
    return child;
  }

  /** Runs the command to its end. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const child = this.start(args, options);
    child.stdin?.end(options.stdin ?? "");
    return await outcomeOf(child);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
    rmSync(this.#output, { recursive: true });
  }
}

/** What a process said until it ended. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const ended = once(child, "close") as Promise<[number | null]>;
  const { stdout, stderr } = child;
  const [out, err, [code]] = await Promise.all([
    stdout === null ? "" : text(stdout),
    stderr === null ? "" : text(stderr),
    ended,
  ]);
  return { code, stdout: out, stderr: err };
}
