import type { TransportOptions } from "samewire";
import { getTransport } from "samewire";

import { readHead, readRevision } from "../branch-files.ts";
import type { List } from "../chain.ts";
import { file, revisions } from "../layout.ts";

/** Reads a revision from a branch that is stacked on another one, which is stacked on a third: each names the next in a file. */
export async function readStacked(url: string, list: List, options: TransportOptions): Promise<string> {
  const head = await readHead(url, list, options);
  return await findRevision(url, head, list, options);
}

async function findRevision(url: string, name: string, list: List, options: TransportOptions): Promise<string> {
  if (await hasRevision(url, name, list, options)) return await readRevision(url, name, list, options);
  const below = await readLocation(url, list, options);
  // The location comes from a file on a server, so nothing is taken from candidates for it: what this command was given itself must do.
  return await findRevision(below, name, list, { ...options, credentials: "explicit" });
}

async function hasRevision(url: string, name: string, list: List, options: TransportOptions): Promise<boolean> {
  await using branch = getTransport(url, list, options);
  return await branch.has(`${revisions}${name}`);
}

async function readLocation(url: string, list: List, options: TransportOptions): Promise<string> {
  await using branch = getTransport(url, list, options);
  return String(await branch.getBytes(file.stackedOn));
}
