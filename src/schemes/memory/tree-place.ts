import type { DirectoryNode, TreeNode } from "./tree-node.ts";
import { loopError, treeError } from "./tree-error.ts";

/** Links that are followed on the way to one node, as in Linux. */
const maxLinks = 40;

/** Where a path leads: a name in a directory, and the node that has it, if any. */
export interface Place {
  readonly parent: DirectoryNode;
  readonly name: string;
  readonly node: TreeNode | undefined;
}

/**
 * Walks from the root to a path: through links on the way always, through one at the end if asked. All but the last name must be there.
 *
 * @throws TransportError `not-found`, `not-a-directory`; `invalid-path` for a NUL and for a loop of links
 */
export function findPlace(root: DirectoryNode, path: string, { followLast }: { readonly followLast: boolean }): Place {
  const ahead = namesBackwards(path);
  let here = root;
  let links = 0;
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (name === "..") {
      here = here.parent;
      continue;
    }
    const node = here.entries.get(name);
    const last = ahead.length === 0;
    if (node?.type === "link" && (!last || followLast)) {
      if (++links > maxLinks) throw loopError();
      if (node.target.startsWith("/")) here = root;
      ahead.push(...namesBackwards(node.target));
      continue;
    }
    if (last) return { parent: here, name, node };
    if (node === undefined) throw treeError("not-found");
    if (node.type !== "directory") throw treeError("not-a-directory");
    here = node;
  }
  return { parent: here.parent, name: here.name, node: here };
}

/** The path of a place, without any link in it. */
export function pathOf({ parent, name }: Place): string {
  const names = name === "" ? [] : [name];
  for (let here = parent; here !== here.parent; here = here.parent) names.unshift(here.name);
  return `/${names.join("/")}`;
}

function namesBackwards(path: string): string[] {
  if (path.includes("\0")) throw treeError("invalid-path");
  return path
    .split("/")
    .filter((name) => name !== "" && name !== ".")
    .toReversed();
}
