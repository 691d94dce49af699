import { once } from "node:events";
import { createConnection } from "node:net";
import { promisify } from "node:util";

import type { ConnectConfig, SFTPWrapper } from "ssh2";
import { Client } from "ssh2";

/** An open SFTP channel of bare ssh2. */
export interface Ssh2Session extends AsyncDisposable {
  readonly sftp: SFTPWrapper;
  /** The path of the URL that led to it. */
  readonly base: string;
}

/** Connects as ssh2 does best: over a socket without Nagle's delay, which it does not turn off itself. */
export async function openSsh2Session(url: string, login: ConnectConfig): Promise<Ssh2Session> {
  const { hostname, port, username, pathname } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port || 22), noDelay: true });
  const client = new Client();
  const ready = once(client, "ready");
  client.connect({ ...login, sock: socket, username });
  await ready;
  const open = promisify(client.sftp.bind(client) as (done: OpenedSftp) => void);
  return {
    sftp: await open(),
    base: decodeURIComponent(pathname),
    async [Symbol.asyncDispose]() {
      const closed = once(client, "close");
      client.end();
      await closed;
    },
  };
}

type OpenedSftp = (error: Error | undefined, sftp: SFTPWrapper) => void;
