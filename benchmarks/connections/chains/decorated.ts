import type { TransportOptions } from "samewire";
import { getTransport } from "samewire";

import type { List } from "../chain.ts";
import { file, revisions } from "../layout.ts";

/** Reads a branch through `readonly+`, changes it by its plain URL, and looks at it through `trace+`. */
export async function inspectAndChange(url: string, list: List, options: TransportOptions): Promise<string> {
  const before = await readHead(`readonly+${url}`, list, options);
  await writeRevision(url, "r2", "a second change", list, options);
  const after = await readHead(`trace+${url}`, list, options);
  const names = await revisionNames(`readonly+trace+${url}${revisions}`, list, options);
  return `${before}, ${after} of ${names.join(", ")}`;
}

async function readHead(url: string, list: List, options: TransportOptions): Promise<string> {
  await using branch = getTransport(url, list, options);
  return String(await branch.getBytes(file.head));
}

async function writeRevision(
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

async function revisionNames(url: string, list: List, options: TransportOptions): Promise<readonly string[]> {
  await using directory = getTransport(url, list, options);
  const names: string[] = [];
  for await (const { name } of directory.list()) names.push(name);
  return names.toSorted();
}
