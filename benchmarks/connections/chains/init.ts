import type { TransportOptions } from "samewire";
import { getTransport } from "samewire";

import { namesIn } from "../branch-files.ts";
import type { List } from "../chain.ts";
import { control, file, formatText, revisions } from "../layout.ts";

/** Bug 111702: makes a branch, and opens it again by URL for each of four parts. */
export async function init(url: string, list: List, options: TransportOptions): Promise<string> {
  await makeTree(url, list, options);
  await writeControlFiles(url, list, options);
  const format = await readControlFile(url, file.format, list, options);
  const head = await readControlFile(url, file.head, list, options);
  const stored = await namesIn(`${url}${revisions}`, list, options);
  const tree = await namesIn(url, list, options);
  return `${format} at ${head} with ${stored.length} revisions in ${tree.join(", ")}`;
}

async function makeTree(url: string, list: List, options: TransportOptions): Promise<void> {
  await using branch = getTransport(url, list, options);
  await branch.ensureBase();
  await branch.mkdir(control);
  await branch.mkdir(revisions);
}

async function writeControlFiles(url: string, list: List, options: TransportOptions): Promise<void> {
  await using branch = getTransport(url, list, options);
  await branch.put(file.format, formatText);
  await branch.put(file.head, "nothing");
}

async function readControlFile(url: string, name: string, list: List, options: TransportOptions): Promise<string> {
  await using branch = getTransport(url, list, options);
  return String(await branch.getBytes(name)).trim();
}
