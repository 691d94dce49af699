import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

import type { SFTPWrapper, Stats } from "ssh2";
import { Client } from "ssh2";

import { placeOf } from "../../peers/transfer.ts";
import type { StatJob } from "./stat-job.ts";

/** ssh2 as its README shows it. */
export async function askSsh2({ destination, path }: StatJob): Promise<() => Promise<void>> {
  const { identityFile, password } = destination;
  const place = placeOf(destination);
  const login =
    identityFile === undefined ? { password: password ?? "" } : { privateKey: await readFile(identityFile) };
  const client = new Client();
  const ready = once(client, "ready");
  client.connect({ host: place.host, port: Number(place.port), username: place.user, ...login });
  await ready;
  const sftp = await promisify(client.sftp.bind(client) as (done: Done<SFTPWrapper>) => void)();
  await promisify(sftp.lstat.bind(sftp) as (path: string, done: Done<Stats>) => void)(place.path(path));
  return async () => {
    const closed = once(client, "close");
    client.end();
    await closed;
  };
}

type Done<T> = (error: Error | undefined, value: T) => void;
