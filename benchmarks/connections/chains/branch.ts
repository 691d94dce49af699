import type { TransportOptions } from "samewire";
import { getTransport } from "samewire";

import { namesIn, readHead, writeHead } from "../branch-files.ts";
import type { List } from "../chain.ts";
import { control, file, formatText, revisions } from "../layout.ts";

/** Makes a branch on one server from a branch on another. */
export async function branch(from: string, to: string, list: List, options: TransportOptions): Promise<string> {
  const head = await readHead(from, list, options);
  await makeTarget(to, list, options);
  for (const name of await namesIn(`${from}${revisions}`, list, options))
    await fetchRevision(from, to, name, list, options);
  await writeHead(to, head, list, options);
  return `${await readHead(to, list, options)} of ${(await namesIn(`${to}${revisions}`, list, options)).join(", ")}`;
}

async function makeTarget(url: string, list: List, options: TransportOptions): Promise<void> {
  await using target = getTransport(url, list, options);
  await target.ensureBase();
  await target.mkdir(control);
  await target.mkdir(revisions);
  await target.put(file.format, formatText);
}

async function fetchRevision(
  from: string,
  to: string,
  name: string,
  list: List,
  options: TransportOptions,
): Promise<void> {
  await using source = getTransport(from, list, options);
  await using target = getTransport(to, list, options);
  await target.put(`${revisions}${name}`, await source.getBytes(`${revisions}${name}`));
}
