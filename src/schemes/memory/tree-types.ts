import type { TreeNode } from "./tree-node.ts";

/** What is known of a node, complete as a server's answer to stat. */
export interface TreeStat {
  readonly type: "file" | "directory" | "link";
  readonly sizeBytes: number;
  readonly mode: number;
  readonly mtime: Date;
  readonly atime: Date;
  /** How many names it has. */
  readonly links: number;
  /** The same for all names of one file, different for all others. */
  readonly id: number;
}

export interface TreeAttributes {
  readonly mode?: number | undefined;
  readonly mtime?: Date | undefined;
  readonly atime?: Date | undefined;
  /** The length to cut or extend a file to, in bytes. */
  readonly sizeBytes?: number | undefined;
}

/** How a file is opened, as in open(2). */
export interface OpenFlags {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly create?: boolean;
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
  /** Every write goes to the end, whatever offset it names. */
  readonly append?: boolean;
}

export function describeNode(node: TreeNode): TreeStat {
  const { type, mode, mtime, atime, id } = node;
  return { type, mode, mtime, atime, id, sizeBytes: sizeOf(node), links: node.type === "directory" ? 1 : node.links };
}

/** Sets what is given, but for a length, which takes space. */
export function setNodeAttributes(node: TreeNode, { mode, mtime, atime }: TreeAttributes): void {
  if (mode !== undefined) node.mode = mode & 0o7777;
  if (mtime !== undefined) node.mtime = mtime;
  if (atime !== undefined) node.atime = atime;
}

function sizeOf(node: TreeNode): number {
  if (node.type === "file") return node.content.length;
  return node.type === "link" ? Buffer.byteLength(node.target) : 0;
}
