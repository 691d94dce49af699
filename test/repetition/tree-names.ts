import { isTransportError } from "../../src/index.ts";
import type { FileTree } from "../../src/testing.ts";

/** Everything below a directory of a tree. */
export function namesBelow(tree: FileTree, directory: string, prefix = ""): string[] {
  return tree.readdir(directory).flatMap(({ name, stat }) => {
    const path = `${prefix}${name}`;
    return stat.type === "directory" ? [path, ...namesBelow(tree, `${directory}/${name}`, `${path}/`)] : [path];
  });
}

/** What a file of a tree holds; undefined for a directory, and where nothing is. */
export function contentOf(tree: FileTree, path: string): string | undefined {
  try {
    const file = tree.open(path, { read: true });
    try {
      return String(file.read(0, file.stat().sizeBytes));
    } finally {
      file.close();
    }
  } catch (error) {
    if (isTransportError(error, "not-found", "is-a-directory")) return undefined;
    throw error;
  }
}
