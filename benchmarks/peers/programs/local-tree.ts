import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";

import type { TreeContent } from "../transfer.ts";

/** What is in a directory of this machine, every directory after the one that it is in. */
export async function localTree(root: string): Promise<TreeContent> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const pathsOf = (directories: boolean): string[] =>
    entries
      .filter((entry) => entry.isDirectory() === directories)
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .toSorted();
  return { directories: pathsOf(true), files: pathsOf(false) };
}
