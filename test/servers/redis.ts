import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { createClient } from "redis";

import type { TlsIdentity } from "../../src/testing.ts";
import { freePort } from "./free-port.ts";
import { RealServer, startProgram } from "./real-server.ts";
import type { ServerPlace, ServerProcess } from "./server-process.ts";

export interface RedisOptions {
  /** What is asked of the user `default`. Default: nobody is asked. */
  readonly password?: string;
  /** It speaks TLS and nothing else. */
  readonly tls?: TlsIdentity;
  /** It is a cluster of one: it serves nobody before it was given its slots. */
  readonly cluster?: boolean;
}

/** A real Redis that keeps nothing on disk. */
export class RedisServer extends RealServer {
  readonly #password: string | undefined;
  readonly #ca: string | undefined;

  constructor(process: ServerProcess, { password, tls }: RedisOptions) {
    super(process);
    this.#password = password;
    this.#ca = tls?.cert;
  }

  /** Connections, also those of who was sent away for a wrong password. */
  get accepted(): number {
    return this.count(/ - Accepted /g);
  }

  /** With the password. */
  get url(): string {
    const login = this.#password === undefined ? "" : `:${encodeURIComponent(this.#password)}@`;
    return `${this.#ca === undefined ? "redis" : "rediss"}://${login}127.0.0.1:${this.port}`;
  }

  /** Has a command done, as `FLUSHALL`. */
  async ask(...command: string[]): Promise<unknown> {
    const socket = this.#ca === undefined ? {} : { socket: { tls: true as const, ca: this.#ca } };
    const client = createClient({ url: this.url, RESP: 2, ...socket });
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
  const server = await startProgram("redis", async (place) => [
    ...["--bind", "127.0.0.1", "--dir", place.folder],
    ...["--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "verbose"],
    ...(options.password === undefined ? [] : ["--requirepass", options.password]),
    ...(options.tls === undefined ? ["--port", String(place.port)] : await tlsArguments(place, options.tls)),
    ...(options.cluster === true ? ["--cluster-enabled", "yes", "--cluster-port", String(await freePort())] : []),
  ]);
  return new RedisServer(server, options);
}

async function tlsArguments({ folder, port }: ServerPlace, { cert, key }: TlsIdentity): Promise<readonly string[]> {
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key, { mode: 0o600 });
  return [
    ...["--port", "0", "--tls-port", String(port), "--tls-auth-clients", "no"],
    ...["--tls-cert-file", certFile, "--tls-key-file", keyFile, "--tls-ca-cert-file", certFile],
  ];
}
