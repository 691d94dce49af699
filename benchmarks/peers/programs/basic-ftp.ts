import { Client } from "basic-ftp";

import { placeOf } from "../transfer.ts";
import type { Job } from "./job.ts";

/** basic-ftp as its README shows it: one client, and a call for a whole tree. */
export async function basicFtp({ transfer, destination }: Job): Promise<void> {
  const { action, what, local, remote } = transfer;
  const { host, port, user, path } = placeOf(destination);
  const client = new Client();
  try {
    await client.access({ host, port: Number(port), user, password: destination.password ?? "" });
    if (what === "tree") {
      if (action === "put") await client.uploadFromDir(local, path(remote));
      else await client.downloadToDir(local, path(remote));
    } else if (action === "put") {
      await client.uploadFrom(local, path(remote));
    } else {
      await client.downloadTo(local, path(remote));
    }
  } finally {
    client.close();
  }
}
