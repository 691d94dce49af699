import { once } from "node:events";
import { posix } from "node:path";
import { promisify } from "node:util";

import type { ConnectConfig, FileEntryWithStats, SFTPWrapper } from "ssh2";
import { Client } from "ssh2";

import type { Peer, PeerSession } from "./peer.ts";

/** Bare `ssh2`, as its README shows it. */
export class Ssh2Peer implements Peer {
  readonly name = "ssh2";
  /** Who one is, and how that is shown. */
  readonly login: ConnectConfig;

  constructor(login: ConnectConfig) {
    this.login = login;
  }

  async connect(url: string): Promise<PeerSession> {
    const { hostname, port, username, pathname } = new URL(url);
    const client = new Client();
    const ready = once(client, "ready");
    client.connect({ readyTimeout: 120_000, ...this.login, host: hostname, port: Number(port || 22), username });
    await ready;
    const sftp = await promisify(client.sftp.bind(client) as OpenSftp)();
    return session(client, sftp, decodeURIComponent(pathname));
  }
}

type OpenSftp = (done: (error: Error | undefined, sftp: SFTPWrapper) => void) => void;

function session(client: Client, sftp: SFTPWrapper, base: string): PeerSession {
  const at = (path: string): string => posix.join(base, path);
  const settled = <T>(call: (done: (error: Error | null | undefined, value: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
  return {
    has: (path) => new Promise((resolve) => sftp.exists(at(path), resolve)),
    mkdir: (path) => settled<void>((done) => sftp.mkdir(at(path), (error) => done(error, undefined))),
    list: async (path) => {
      const entries = await settled<FileEntryWithStats[]>((done) => sftp.readdir(at(path), done));
      return entries.map(({ filename }) => filename);
    },
    read: async (path) => String(await settled<Buffer>((done) => sftp.readFile(at(path), done))),
    write: (path, content) =>
      settled<void>((done) => sftp.writeFile(at(path), content, (error) => done(error, undefined))),
    end: async () => {
      const closed = once(client, "close");
      client.end();
      await closed;
    },
  };
}
