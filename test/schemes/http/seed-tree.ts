import type { FileTree } from "../../../src/testing.ts";

/** Puts a file into a tree, with the directories above it. */
export function seedTree(tree: FileTree, path: string, content: Uint8Array | string = "content"): void {
  const names = path.split("/").filter((name) => name !== "");
  for (let depth = 1; depth < names.length; depth++) {
    const directory = `/${names.slice(0, depth).join("/")}`;
    if (!isThere(tree, directory)) tree.mkdir(directory);
  }
  const file = tree.open(path, { write: true, create: true, truncate: true });
  file.write(0, Buffer.from(content));
  file.close();
}

function isThere(tree: FileTree, path: string): boolean {
  try {
    tree.stat(path);
    return true;
  } catch {
    return false;
  }
}
