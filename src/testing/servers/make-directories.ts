import type { FileTree } from "../../schemes/memory/file-tree.ts";

/** Makes a directory of a tree, and all above it, where they are missing. */
export function makeDirectories(tree: FileTree, path: string): void {
  let made = "";
  for (const segment of path.split("/").filter((part) => part !== "")) {
    made += `/${segment}`;
    try {
      tree.mkdir(made);
    } catch {
      tree.stat(made); // It is there already; whatever else it was shows here.
    }
  }
}
