import type { TransportOptions } from "samewire";
import { getTransport } from "samewire";

import type { List } from "../chain.ts";

/** Asks for paths that all differ, all at the same time; says how many are there. */
export async function countAtOnce(urls: readonly string[], list: List, options: TransportOptions): Promise<string> {
  const there = await Promise.all(urls.map((url) => isThere(url, list, options)));
  return `${there.filter(Boolean).length} of ${urls.length}`;
}

async function isThere(url: string, list: List, options: TransportOptions): Promise<boolean> {
  await using directory = getTransport(url, list, options);
  return await directory.has("");
}
