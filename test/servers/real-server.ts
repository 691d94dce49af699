import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { ProgramName } from "./find-servers.ts";
import { findProgram } from "./find-servers.ts";
import type { ServerPlace, ServerProcess } from "./server-process.ts";
import { startServerProcess } from "./server-process.ts";

/** A real server on a free port of 127.0.0.1, with everything it has in a temporary folder. */
export abstract class RealServer implements AsyncDisposable {
  readonly port: number;
  /** Holds everything of this server; removed with it. */
  readonly folder: string;
  /** What it serves. */
  readonly root: string;
  readonly #process: ServerProcess;

  constructor(process: ServerProcess) {
    this.#process = process;
    this.port = process.place.port;
    this.folder = process.place.folder;
    this.root = rootOf(process.place);
  }

  /** What the server said so far. It is read as it comes: wait for a number below, with `expect.poll`. */
  get log(): string {
    return this.#process.output;
  }

  /** Connections that the server itself counted. */
  abstract get accepted(): number;

  /** Ends the server and every connection to it, and removes what it left on this machine. */
  async stop(): Promise<void> {
    await this.#process.stop();
  }

  /** As `stop`, without waiting for the end. */
  kill(): void {
    this.#process.kill();
  }

  /** Ends the server and every connection to it at once, as a loss of power does. All that it has stays where it is. */
  crash(): Promise<void> {
    return this.#process.crash();
  }

  /** Starts it anew after that, on the same port. */
  revive(): Promise<void> {
    return this.#process.revive();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  protected get hasExited(): boolean {
    return this.#process.hasExited;
  }

  /** Sends the server a signal for which it has a meaning of its own. */
  protected signal(signal: NodeJS.Signals): void {
    this.#process.signal(signal);
  }

  /** Ends the server by a signal at which it finishes what it is doing, and removes what it left. */
  protected async stopBy(signal: NodeJS.Signals): Promise<void> {
    this.#process.signal(signal);
    await this.#process.exited;
    this.#process.kill();
  }

  protected count(pattern: RegExp): number {
    return this.log.match(pattern)?.length ?? 0;
  }
}

/** The folder of a server that holds what it serves. */
export function rootOf({ folder }: ServerPlace): string {
  return join(folder, "root");
}

/** Where a program is. Throws where it is not installed. */
export function programPath(name: ProgramName): string {
  const program = findProgram(name);
  if (program === undefined) throw new Error(`${name} is not installed`);
  return program;
}

/**
 * Starts a program that serves in the foreground, with the arguments that `prepare` gives once it wrote the configuration, and waits until it listens.
 * Rejects where the program is not installed, or with what it said where it ends instead.
 */
export async function startProgram(
  name: ProgramName,
  prepare: (place: ServerPlace) => readonly string[] | Promise<readonly string[]>,
): Promise<ServerProcess> {
  const program = programPath(name);
  return startServerProcess({
    name,
    command: async (place) => {
      await mkdir(rootOf(place));
      return [program, ...(await prepare(place))];
    },
  });
}
