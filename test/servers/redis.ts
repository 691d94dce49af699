import { createClient } from "redis";

import { RealServer, startProgram } from "./real-server.ts";
import type { ServerProcess } from "./server-process.ts";

export interface RedisOptions {
  /** What is asked of the user `default`. Default: nobody is asked. */
  readonly password?: string;
}

/** A real Redis that keeps nothing on disk. */
export class RedisServer extends RealServer {
  readonly #password: string | undefined;

  constructor(process: ServerProcess, { password }: RedisOptions) {
    super(process);
    this.#password = password;
  }

  /** Connections, also those of who was sent away for a wrong password. */
  get accepted(): number {
    return this.count(/ - Accepted /g);
  }

  /** With the password. */
  get url(): string {
    const login = this.#password === undefined ? "" : `:${encodeURIComponent(this.#password)}@`;
    return `redis://${login}127.0.0.1:${this.port}`;
  }

  /** Has a command done, as `FLUSHALL`. */
  async ask(...command: string[]): Promise<unknown> {
    const client = createClient({ url: this.url, RESP: 2 });
    await client.connect();
    try {
      return await client.sendCommand(command);
    } finally {
      client.destroy();
    }
  }

  /** It answers nobody any more, and closes nothing, as if the network were gone. */
  halt(): void {
    this.signal("SIGSTOP");
  }

  /** It goes on where it was halted. */
  proceed(): void {
    this.signal("SIGCONT");
  }
}

/** Starts Redis in a temporary folder and waits until it listens. Rejects where it is not installed or says that it cannot. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const server = await startProgram("redis", ({ folder, port }) => [
    ...["--bind", "127.0.0.1", "--port", String(port), "--dir", folder],
    ...["--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "verbose"],
    ...(options.password === undefined ? [] : ["--requirepass", options.password]),
  ]);
  return new RedisServer(server, options);
}
