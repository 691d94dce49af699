import type { TransportOptions } from "samewire";
import { getTransport } from "samewire";

import type { List } from "./chain.ts";
import { file, revisions } from "./layout.ts";

/** The name of the revision that a branch is at. */
export async function readHead(url: string, list: List, options: TransportOptions): Promise<string> {
  await using branch = getTransport(url, list, options);
  return String(await branch.getBytes(file.head));
}

export async function writeHead(url: string, head: string, list: List, options: TransportOptions): Promise<void> {
  await using branch = getTransport(url, list, options);
  await branch.put(file.head, head);
}

/** The content of a revision. */
export async function readRevision(url: string, name: string, list: List, options: TransportOptions): Promise<string> {
  await using branch = getTransport(url, list, options);
  return String(await branch.getBytes(`${revisions}${name}`));
}

/** Adds a revision to a branch, and makes it the one that the branch is at. */
export async function addRevision(
  url: string,
  name: string,
  content: string,
  list: List,
  options: TransportOptions,
): Promise<void> {
  await using branch = getTransport(url, list, options);
  await branch.put(`${revisions}${name}`, content);
  await branch.put(file.head, name);
}

/** What is in a directory, in order. */
export async function namesIn(url: string, list: List, options: TransportOptions): Promise<readonly string[]> {
  await using directory = getTransport(url, list, options);
  const names: string[] = [];
  for await (const { name } of directory.list()) names.push(name);
  return names.toSorted();
}
