import { readFile } from "node:fs/promises";

import Client from "ssh2-sftp-client";

import { placeOf } from "../transfer.ts";
import type { Job } from "./job.ts";

export interface Ssh2SftpClientSettings {
  /** Files by `fastGet` and `fastPut` instead of `get` and `put`. */
  readonly fast?: boolean;
}

/** ssh2-sftp-client as its README shows it. */
export async function ssh2SftpClient({ transfer, destination, settings }: Job): Promise<void> {
  const { fast = false } = settings as Ssh2SftpClientSettings;
  const { action, what, local, remote } = transfer;
  const { host, port, user, path } = placeOf(destination);
  const { identityFile, password } = destination;
  const login =
    identityFile === undefined ? { password: password ?? "" } : { privateKey: await readFile(identityFile) };
  const client = new Client();
  await client.connect({ host, port: Number(port), username: user, ...login });
  try {
    if (what === "tree") {
      if (action === "put") await client.uploadDir(local, path(remote));
      else await client.downloadDir(path(remote), local);
    } else if (action === "put") {
      await (fast ? client.fastPut(local, path(remote)) : client.put(local, path(remote)));
    } else {
      await (fast ? client.fastGet(path(remote), local) : client.get(path(remote), local));
    }
  } finally {
    await client.end();
  }
}
