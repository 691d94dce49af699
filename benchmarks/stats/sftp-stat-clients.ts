import { posix } from "node:path";

import type { Stats } from "ssh2";
import Client from "ssh2-sftp-client";

import type { Ssh2Peer } from "../sites/ssh2-peer.ts";
import { openSsh2Session } from "../sites/ssh2-session.ts";
import type { StatClient } from "./stat-client.ts";

/** Bare `ssh2` on a socket without Nagle's delay. */
export async function openSsh2Stats(url: string, { login }: Ssh2Peer): Promise<StatClient> {
  const session = await openSsh2Session(url, login);
  return {
    name: "ssh2",
    size: (file) =>
      new Promise((resolve, reject) => {
        session.sftp.lstat(posix.join(session.base, file), (error: Error | undefined, { size }: Stats) =>
          error ? reject(error) : resolve(size),
        );
      }),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** `ssh2-sftp-client`, as its README shows it: it listens for each call anew, and Node warns of a leak where many are under way. */
export async function openSftpClientStats(url: string, { login }: Ssh2Peer): Promise<StatClient> {
  const { hostname, port, username, pathname } = new URL(url);
  const client = new Client();
  await client.connect({ ...login, host: hostname, port: Number(port || 22), username });
  return {
    name: "ssh2-sftp-client",
    oneByOne: true,
    size: async (file) => (await client.stat(posix.join(pathname, file))).size,
    [Symbol.asyncDispose]: async () => void (await client.end()),
  };
}
