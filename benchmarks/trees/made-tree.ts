import { createHash } from "node:crypto";
import { lstat, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { TreeContent } from "../peers/transfer.ts";

/** How large a tree is. */
export interface TreeSize {
  readonly files: number;
  readonly directories: number;
  readonly bytesPerFile: number;
}

/** Makes a tree in a folder that is not there: directories beside one another, and in each as many files as in the others, no two of them alike. */
export async function makeTree(folder: string, { files, directories, bytesPerFile }: TreeSize): Promise<TreeContent> {
  const directoryOf = (at: number): string => `directory-${String(at % directories).padStart(3, "0")}`;
  const content = {
    directories: Array.from({ length: Math.min(files, directories) }, (_, at) => directoryOf(at)),
    files: Array.from({ length: files }, (_, at) => `${directoryOf(at)}/file-${String(at).padStart(5, "0")}`),
  };
  await mkdir(folder);
  for (const path of content.directories) await mkdir(join(folder, path));
  for (const path of content.files) await writeFile(join(folder, path), Buffer.alloc(bytesPerFile, `${path}\n`));
  return content;
}

/** What tells whether two trees are the same byte for byte: a hash over the names and contents of all that is in one. */
export async function manifestOf(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const paths = (await readdir(folder, { recursive: true })).toSorted();
  for (const path of paths) {
    const isDirectory = (await lstat(join(folder, path))).isDirectory();
    hash.update(isDirectory ? `${path}/\0` : `${path}\0`);
    if (!isDirectory)
      hash.update(
        createHash("sha256")
          .update(await readFile(join(folder, path)))
          .digest(),
      );
  }
  return hash.digest("hex");
}
