import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";

import type { ClientChannel, ConnectConfig, SFTPWrapper, Stats } from "ssh2";
import { Client } from "ssh2";

import type { SftpServer } from "../../src/testing/servers/sftp-server.ts";

type Done<T> = (error?: Error | null, value?: T) => void;

/** A callback-taking call as a promise. */
export function call<T = unknown>(work: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => work((error, value) => (error ? reject(error) : resolve(value as T))));
}

/** Bare ssh2 clients, which share nothing with this library, each on a socket of its own. */
export class BareClients {
  readonly #sockets = new Map<Client, Socket>();

  /** A client that is logged in; as the server's first user if nothing else is said. */
  async open(
    server: Pick<SftpServer, "host" | "port">,
    config: ConnectConfig = {},
    prepare: (client: Client) => void = () => undefined,
  ): Promise<Client> {
    const login = server as Partial<SftpServer>;
    const sock = connect({ host: server.host, port: server.port, noDelay: true });
    await once(sock, "connect");
    const client = new Client();
    this.#sockets.set(client, sock);
    client.on("error", () => undefined); // Of a connection that breaks later, its "close" is enough.
    prepare(client);
    const { user: username = "", password } = login;
    client.connect({ sock, username, ...(password ? { password } : {}), ...config });
    await once(client, "ready");
    return client;
  }

  async openSftp(server: Pick<SftpServer, "host" | "port">, config: ConnectConfig = {}): Promise<SFTPWrapper> {
    return await this.session(await this.open(server, config));
  }

  socketOf(client: Client): Socket {
    return this.#sockets.get(client) as Socket;
  }

  /** One more SFTP channel of a client. */
  session(client: Client): Promise<SFTPWrapper> {
    return call<SFTPWrapper>((done) => client.sftp(done));
  }

  close(): void {
    for (const client of this.#sockets.keys()) client.destroy();
    this.#sockets.clear();
  }
}

export function stat(sftp: SFTPWrapper, path: string): Promise<Stats> {
  return call<Stats>((done) => sftp.stat(path, done));
}

export async function namesIn(sftp: SFTPWrapper, path: string): Promise<string[]> {
  const entries = await call<{ filename: string }[]>((done) => sftp.readdir(path, done));
  return entries.map(({ filename }) => filename).toSorted();
}

/** Runs `work` for the numbers below `count`, `width` at a time. */
export async function atOnce(count: number, width: number, work: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, run));
}

/** Resolves when a client's connection is over, however it ends. */
export function ended(client: Client): Promise<void> {
  return new Promise((resolve) => void client.once("close", () => resolve()));
}

/** The first `length` bytes that come. */
export function received(channel: ClientChannel, length: number): Promise<Buffer> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const take = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length < length) return;
      channel.off("data", take);
      resolve(bytes);
    };
    channel.on("data", take);
  });
}
