import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { chmod, mkdir, mkdtemp } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import type { ProgramName } from "./find-servers.ts";
import { findProgram } from "./find-servers.ts";
import { killTree } from "./process-tree.ts";

/** What a server has on this machine before it runs. */
export interface ServerPlace {
  /** Holds everything of the server; removed with it. */
  readonly folder: string;
  /** What it serves. */
  readonly root: string;
  readonly port: number;
}

/** Those that were not stopped end with this process, which a test runner ends by a signal. */
const running = new Set<ServerProcess>();
process.once("exit", () => running.forEach((server) => server.kill()));
process.once("SIGTERM", () => process.exit(143));
process.once("SIGINT", () => process.exit(130));

/** A real server on a free port of 127.0.0.1, as a child of this process, with everything it has in a temporary folder. */
export abstract class ServerProcess implements AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  readonly root: string;
  readonly #process: ChildProcess;
  #output = "";

  constructor(child: ChildProcess, { folder, root, port }: ServerPlace) {
    this.#process = child;
    this.folder = folder;
    this.root = root;
    this.port = port;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    }
    running.add(this);
  }

  /** What the server said so far. It is read as it comes: wait for a number below, with `expect.poll`. */
  get log(): string {
    return this.#output;
  }

  /** Connections that the server itself counted. */
  abstract get accepted(): number;

  /** Whether the server takes connections. Asking must not make one, or it would be counted. */
  protected abstract isListening(): boolean;

  /** What `isListening` can ask where a server does not say it: whether Linux has the port in its list of those that are listened on. */
  protected isPortBound(): boolean {
    const address = `0100007F:${this.port.toString(16).toUpperCase().padStart(4, "0")}`;
    return readFileSync("/proc/net/tcp", "utf8").includes(`${address} 00000000:0000 0A`);
  }

  /** Ends the server and every connection to it, and removes what it left on this machine. */
  async stop(): Promise<void> {
    const ended = this.#ended();
    this.kill();
    await ended;
  }

  /** As `stop`, without waiting for the end. */
  kill(): void {
    if (!running.delete(this)) return;
    if (!this.hasExited) killTree(this.pid);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Resolves once the server listens; rejects with what it said if it ends instead. */
  async listening(): Promise<void> {
    while (!this.isListening()) {
      if (this.hasExited) throw new Error(`${this.#process.spawnfile} did not start: ${this.log}`);
      await setTimeout(10);
    }
  }

  protected get pid(): number {
    return this.#process.pid as number;
  }

  protected get hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Sends the server a signal for which it has a meaning of its own. */
  protected signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends the server by a signal at which it finishes what it is doing, and removes what it left. */
  protected async stopBy(signal: NodeJS.Signals): Promise<void> {
    const ended = this.#ended();
    this.signal(signal);
    await ended;
    this.kill();
  }

  protected count(pattern: RegExp): number {
    return this.log.match(pattern)?.length ?? 0;
  }

  async #ended(): Promise<void> {
    if (!this.hasExited) await once(this.#process, "exit");
  }
}

/** A temporary folder that other users of this machine can enter, with a root in it, and a free port. */
export async function preparePlace(name: string): Promise<ServerPlace> {
  const folder = await mkdtemp(join(tmpdir(), `samewire-${name}-`));
  await chmod(folder, 0o755);
  const root = join(folder, "root");
  await mkdir(root);
  return { folder, root, port: await freePort() };
}

/** Where a program is. Throws where it is not installed. */
export function programPath(name: ProgramName): string {
  const program = findProgram(name);
  if (program === undefined) throw new Error(`${name} is not installed`);
  return program;
}

export async function startChild(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  await once(child, "spawn");
  return child;
}

/** Waits until a server listens. One that does not is stopped, and the error says what it said. */
export async function listening<Server extends ServerProcess>(server: Server): Promise<Server> {
  try {
    await server.listening();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
