import { isTransportError } from "../../errors/transport-error.ts";
import type { FileTree } from "../../schemes/memory/file-tree.ts";
import type { TreeStat } from "../../schemes/memory/tree-types.ts";

/** What a listing says of one name. */
export interface FtpEntry {
  readonly name: string;
  readonly stat: TreeStat;
  /** Where a link leads. */
  readonly target: string | undefined;
  /** Of the directory that is listed, and of the one above. */
  readonly kind: "cdir" | "pdir" | undefined;
  /** Whether the user may not change it. */
  readonly readOnly: boolean;
}

interface Looking {
  readonly tree: FileTree;
  readonly readOnly: boolean;
}

/** What is at a path, under the name that was asked for; a link is a link. */
export function entryAt(looking: Looking, path: string, name: string): FtpEntry {
  return describe(looking, path, { name, stat: looking.tree.lstat(path) });
}

/** The entries of a directory, itself and the one above first. */
export function entriesIn(looking: Looking, path: string): FtpEntry[] {
  const { tree } = looking;
  const entries = tree.readdir(path);
  return [
    { ...describe(looking, path, { name: ".", stat: tree.stat(path) }), kind: "cdir" },
    { ...describe(looking, path, { name: "..", stat: tree.stat(`${path}/..`) }), kind: "pdir" },
    ...entries.map((entry) => describe(looking, `${path}/${entry.name}`, entry)),
  ];
}

/** Whether a path leads to a directory, also through links. A link that leads nowhere does not. */
export function isDirectory(tree: FileTree, path: string): boolean {
  try {
    return tree.stat(path).type === "directory";
  } catch (error) {
    if (!isTransportError(error)) throw error;
    return false;
  }
}

function describe(
  { tree, readOnly }: Looking,
  path: string,
  { name, stat }: { readonly name: string; readonly stat: TreeStat },
): FtpEntry {
  return { name, stat, readOnly, kind: undefined, target: stat.type === "link" ? tree.readlink(path) : undefined };
}
