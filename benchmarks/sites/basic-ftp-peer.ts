import { posix } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";

import { Client, FTPError } from "basic-ftp";

import type { Peer, PeerSession } from "./peer.ts";

/** A client that is logged in. */
export interface BasicFtpSession extends AsyncDisposable {
  readonly client: Client;
  /** The path of the URL that led to it. */
  readonly base: string;
}

/** Bare `basic-ftp`, as its README shows it. */
export class BasicFtpPeer implements Peer {
  readonly name = "basic-ftp";
  readonly #password: string;

  constructor(password: string) {
    this.#password = password;
  }

  async access(url: string): Promise<BasicFtpSession> {
    const { hostname, port, username, pathname } = new URL(url);
    const client = new Client(120_000);
    await client.access({ host: hostname, port: Number(port || 21), user: username, password: this.#password });
    return {
      client,
      base: decodeURIComponent(pathname),
      async [Symbol.asyncDispose]() {
        const { socket } = client.ftp;
        client.close(); // Whoever listened to the socket before is not told, and it may be closed already.
        while (!socket.closed) await setImmediate();
      },
    };
  }

  async connect(url: string): Promise<PeerSession> {
    return peerSession(await this.access(url));
  }
}

function peerSession(session: BasicFtpSession): PeerSession {
  const { client, base } = session;
  const at = (path: string): string => posix.join(base, path);
  const names = async (path: string): Promise<readonly string[]> => (await client.list(path)).map(({ name }) => name);
  return {
    async has(path) {
      const { dir, base: name } = posix.parse(at(path));
      try {
        return (await names(dir)).includes(name);
      } catch (error) {
        if (!(error instanceof FTPError)) throw error;
        return false;
      }
    },
    mkdir: (path) => client.ensureDir(at(path)),
    list: (path) => names(at(path)),
    async read(path) {
      const sink = new PassThrough();
      const [content] = await Promise.all([text(sink), client.downloadTo(sink, at(path))]);
      return content;
    },
    async write(path, content) {
      await client.uploadFrom(Readable.from([Buffer.from(content)]), at(path));
    },
    end: async () => await session[Symbol.asyncDispose](),
  };
}
