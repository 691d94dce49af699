import { getTransport } from "samewire";

import type { List, Place } from "./chain.ts";
import { control, file, formatText, revisions } from "./layout.ts";

/** What a branch that a chain finds on a server has in it, beside its format. */
export interface BranchContent {
  readonly head?: string;
  readonly master?: string;
  readonly stackedOn?: string;
  /** The content of revisions, by name. */
  readonly revisions?: Readonly<Record<string, string>>;
}

/** Makes a branch for a chain to find. */
export async function makeBranch(
  url: string,
  content: BranchContent,
  { options, writable }: Place,
  list: List,
): Promise<void> {
  await using branch = getTransport(writable(url), list, options);
  await branch.clone(revisions).createPrefix();
  await branch.put(file.format, formatText);
  await branch.put(file.head, content.head ?? "nothing");
  if (content.master !== undefined) await branch.put(file.master, content.master);
  if (content.stackedOn !== undefined) await branch.put(file.stackedOn, content.stackedOn);
  for (const [name, text] of Object.entries(content.revisions ?? {})) await branch.put(`${revisions}${name}`, text);
}

/** Makes a directory that holds nothing but a control directory for the revisions of the branches below. */
export async function makeRepository(url: string, { options, writable }: Place, list: List): Promise<void> {
  await using repository = getTransport(writable(url), list, options);
  await repository.clone(control).createPrefix();
  await repository.clone(revisions).createPrefix();
}
