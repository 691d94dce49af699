import type { TransportOptions } from "samewire";

import { addRevision, namesIn, readHead } from "../branch-files.ts";
import type { List } from "../chain.ts";
import { revisions } from "../layout.ts";

/** Reads a branch through `readonly+`, changes it by its plain URL, and looks at it through `trace+`. */
export async function inspectAndChange(url: string, list: List, options: TransportOptions): Promise<string> {
  const before = await readHead(`readonly+${url}`, list, options);
  await addRevision(url, "r2", "a second change", list, options);
  const after = await readHead(`trace+${url}`, list, options);
  const names = await namesIn(`readonly+trace+${url}${revisions}`, list, options);
  return `${before}, ${after} of ${names.join(", ")}`;
}
