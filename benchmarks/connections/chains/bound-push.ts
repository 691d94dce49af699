import type { TransportOptions } from "samewire";
import { getTransport } from "samewire";

import { addRevision, readHead, readRevision } from "../branch-files.ts";
import type { List } from "../chain.ts";
import { file } from "../layout.ts";

/** Pushes to a branch that is bound to a master: the master, which the branch itself names, gets the change first. */
export async function boundPush(from: string, to: string, list: List, options: TransportOptions): Promise<string> {
  const head = await readHead(from, list, options);
  const content = await readRevision(from, head, list, options);
  const master = await readMaster(to, list, options);
  // The location comes from a file on a server, so nothing is taken from candidates for it: what this command was given itself must do.
  const explicit: TransportOptions = { ...options, credentials: "explicit" };
  await addRevision(master, head, content, list, explicit);
  await addRevision(to, head, content, list, options);
  return `master ${await readHead(master, list, explicit)}, target ${await readHead(to, list, options)}`;
}

async function readMaster(url: string, list: List, options: TransportOptions): Promise<string> {
  await using branch = getTransport(url, list, options);
  return String(await branch.getBytes(file.master));
}
