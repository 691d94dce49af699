import type { ChildProcess, ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { chmod, mkdtemp } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { setTimeout } from "node:timers/promises";

import { freePort, hasListener } from "./free-port.ts";
import { children, killTree } from "./process-tree.ts";
import type { TemporaryAccount } from "./temporary-account.ts";
import { addAccount } from "./temporary-account.ts";

/** What a server has on this machine before it runs. */
export interface ServerPlace {
  /** For everything of the server; removed with it. Others can look into it. */
  readonly folder: string;
  /** Of 127.0.0.1, and free. */
  readonly port: number;
  readonly account: TemporaryAccount | undefined;
}

export interface ServerSetup {
  /** What the server is called in folder names and errors. */
  readonly name: string;
  /** Whether there is a user of this machine for it, whose home is `home` in the folder. Default false. */
  readonly account?: boolean;
  /** Writes the configuration and gives the program, which has to stay in the foreground, with its arguments. */
  command(place: ServerPlace): Promise<readonly [program: string, ...args: string[]]>;
  /** What the server writes once it listens. Default: Linux is asked whether it does. */
  readonly ready?: RegExp;
}

/** A server that runs as a child of this process, and what belongs to it. */
export class ServerProcess {
  readonly place: ServerPlace;
  readonly #program: Program;
  #running: Running;
  #output = "";
  /** Where in the output what the server says since its last start begins. */
  #start = 0;
  #ended = false;

  constructor(child: ChildProcess, place: ServerPlace, program: Program) {
    this.place = place;
    this.#program = program;
    this.#running = this.#tend(child);
  }

  /** Resolves when the server has ended, and all that it wrote was read. */
  get exited(): Promise<unknown> {
    return this.#running.exited;
  }

  /** What the server wrote so far, by either stream. It is read as it comes. */
  get output(): string {
    return this.#output;
  }

  get hasExited(): boolean {
    const { child } = this.#running;
    return child.exitCode !== null || child.signalCode !== null;
  }

  /** The processes that the server has for its connections: one for each. */
  get children(): number {
    return this.hasExited ? 0 : children(this.#running.pid).length;
  }

  signal(signal: NodeJS.Signals): void {
    this.#running.child.kill(signal);
  }

  /** Ends the server and every connection to it at once, as a loss of power does, and leaves its place as it is. */
  async crash(): Promise<void> {
    if (!this.hasExited) killTree(this.#running.pid);
    await this.exited;
  }

  /**
   * Starts the server anew in its place, on the same port, and waits until it listens. Rejects with what it said if it ends instead, again and again: for a
   * moment somebody's connection may have had its port.
   */
  async revive(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const child = await spawnServer(this.#program);
      this.#running.lifeline.kill("SIGKILL");
      this.#start = this.#output.length;
      this.#running = this.#tend(child);
      if (await this.listens()) return;
      if (attempt === mostAttempts) throw this.failure();
      await this.crash();
      await setTimeout(pauseMs);
    }
  }

  /** Sends the signal at which the server reads its configuration again, and waits until it says once more that it listens. */
  async reload(signal: NodeJS.Signals): Promise<void> {
    this.#start = this.#output.length;
    this.signal(signal);
    if (await this.listens()) return;
    await this.crash();
    await this.revive();
  }

  /** True once the server listens, false once it has ended instead, or says nothing for far too long. */
  async listens(): Promise<boolean> {
    const { ready } = this.#program;
    const givenUp = performance.now() + startsWithinMs;
    const isReady = async (): Promise<boolean> =>
      ready?.test(this.#output.slice(this.#start)) ?? (await hasListener(this.place.port));
    while (!(await isReady())) {
      if (this.hasExited || performance.now() > givenUp) return false;
      await setTimeout(5);
    }
    return true;
  }

  /** Why it does not listen, in its own words. */
  failure(): Error {
    return new Error(`${this.#program.name} did not start: ${this.#output.slice(this.#start)}`);
  }

  /** Ends the server and every connection to it, and removes what it left on this machine. */
  async stop(): Promise<void> {
    this.kill();
    await this.exited;
  }

  /** As `stop`, without waiting for the end. */
  kill(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { pid, lifeline } = this.#running;
    if (!this.hasExited) killTree(pid);
    lifeline.kill("SIGKILL");
    removePlace(this.place);
  }

  #tend(child: ChildProcess): Running {
    const pid = child.pid as number;
    const lifeline = tieToThisProcess(pid, this.place);
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    child.once("exit", () => this.#ended || lifeline.stdin.write("ended\n"));
    return { child, pid, lifeline, exited: once(child, "close") };
  }
}

const mostAttempts = 50;
const pauseMs = 200;
const startsWithinMs = 30_000;

interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly lifeline: ChildProcessByStdio<Writable, null, null>;
  readonly exited: Promise<unknown>;
}

/** How a server is started, each time. */
interface Program extends Pick<ServerSetup, "name" | "ready"> {
  readonly words: readonly [program: string, ...args: string[]];
}

/** Starts a server in a temporary folder and waits until it listens. Rejects with what it said if it ends instead. */
export async function startServerProcess(setup: ServerSetup): Promise<ServerProcess> {
  const place = await preparePlace(setup);
  const server = await startIn(place, setup).catch((error: unknown) => {
    removePlace(place);
    throw error;
  });
  if (await server.listens()) return server;
  await server.stop();
  throw server.failure();
}

async function startIn(place: ServerPlace, setup: ServerSetup): Promise<ServerProcess> {
  const program = { ...setup, words: await setup.command(place) };
  return new ServerProcess(await spawnServer(program), place, program);
}

async function spawnServer({ words: [program, ...args] }: Program): Promise<ChildProcess> {
  // What servers say and how they write dates must not depend on whose machine this is.
  const env = { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" };
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  await once(child, "spawn");
  return child;
}

async function preparePlace({ name, account = false }: ServerSetup): Promise<ServerPlace> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), `samewire-${name}-`));
  await chmod(folder, 0o755);
  try {
    return { folder, port, account: account ? addAccount(join(folder, "home")) : undefined };
  } catch (error) {
    removePlace({ folder, port, account: undefined });
    throw error;
  }
}

function removePlace({ folder, account }: ServerPlace): void {
  account?.remove();
  rmSync(folder, { recursive: true, force: true });
}

/**
 * A shell that outlives this process, and then does what `kill` does: nobody else can where a test runner is ended by a signal. Its standard input
 * says when: a line comes when the server has ended by itself, and the end of it when this process has. Workers with which a server
 * shares its port would outlive it, and end with it.
 */
function tieToThisProcess(pid: number, { folder, account }: ServerPlace): ChildProcessByStdio<Writable, null, null> {
  const script = `
    if read -r _; then read -r _; else kill -STOP "$1"; kill -KILL $(ps -o pid= --ppid "$1") "$1"; fi
    rm -rf "$2"
    if [ -n "$3" ]; then userdel --force "$3"; fi
  `;
  const shell = spawn("sh", ["-c", script, "sh", String(pid), folder, account?.name ?? ""], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  shell.unref();
  (shell.stdin as Socket).unref();
  return shell;
}
