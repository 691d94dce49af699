import { readFile, readdir, rm } from "node:fs/promises";
import { join, posix } from "node:path";

import { isTransportError } from "samewire";
import type { FileTree } from "samewire/testing";

import { removal } from "../trees/server-folder.ts";

/** What a server has, seen without asking it. Paths are relative to what its URL leads to. */
export interface ServerDisk {
  /** All paths below a directory, relative to it; undefined where there is no directory. */
  list(directory: string): Promise<ReadonlyMap<string, "file" | "directory"> | undefined>;
  read(path: string): Promise<Buffer>;
  remove(directory: string): Promise<void>;
}

/** A folder of this machine. */
export function folderDisk(root: string): ServerDisk {
  return {
    async list(directory) {
      try {
        const entries = await readdir(join(root, directory), { recursive: true, withFileTypes: true });
        return new Map(
          entries.map((entry) => [
            posix.relative(join(root, directory), join(entry.parentPath, entry.name)),
            entry.isDirectory() ? "directory" : "file",
          ]),
        );
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    read: (path) => readFile(join(root, path)),
    remove: (directory) => rm(join(root, directory), removal),
  };
}

/** A tree in the memory of this process. */
export function treeDisk(tree: FileTree, root: string): ServerDisk {
  const at = (path: string): string => posix.join(root, path);
  const list = (directory: string, prefix: string): [string, "file" | "directory"][] =>
    tree.readdir(at(directory)).flatMap(({ name, stat }): [string, "file" | "directory"][] => {
      const path = `${prefix}${name}`;
      if (stat.type !== "directory") return [[path, "file"]];
      return [[path, "directory"], ...list(`${directory}/${name}`, `${path}/`)];
    });
  return {
    list(directory) {
      try {
        return Promise.resolve(new Map(list(directory, "")));
      } catch (error) {
        if (isTransportError(error, "not-found")) return Promise.resolve(undefined);
        throw error;
      }
    },
    read(path) {
      const file = tree.open(at(path), { read: true });
      try {
        return Promise.resolve(Buffer.from(file.read(0, tree.stat(at(path)).sizeBytes)));
      } finally {
        file.close();
      }
    },
    remove(directory) {
      const paths = list(directory, "").toReversed();
      for (const [path, type] of paths) {
        if (type === "directory") tree.rmdir(at(`${directory}/${path}`));
        else tree.unlink(at(`${directory}/${path}`));
      }
      tree.rmdir(at(directory));
      return Promise.resolve();
    },
  };
}
