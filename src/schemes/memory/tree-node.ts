import { FileContent } from "./file-content.ts";

interface NodeFacts {
  /** The twelve permission bits. */
  mode: number;
  mtime: Date;
  atime: Date;
  /** Identifies the node as long as it lives, whatever names it has. */
  readonly id: number;
}

export interface FileNode extends NodeFacts {
  readonly type: "file";
  readonly content: FileContent;
  /** How many names the file has. */
  links: number;
  /** How many times it is open. Without names and not open, it is gone. */
  opened: number;
}

export interface DirectoryNode extends NodeFacts {
  readonly type: "directory";
  /** In the order in which the names were made. */
  readonly entries: Map<string, TreeNode>;
  /** The root's is itself. */
  parent: DirectoryNode;
  /** In `parent`; the root's is empty. */
  name: string;
}

export interface LinkNode extends NodeFacts {
  readonly type: "link";
  readonly target: string;
  /** How many names the link has. */
  links: number;
}

export type TreeNode = FileNode | DirectoryNode | LinkNode;

let lastId = 0;

function facts(mode: number): NodeFacts {
  const now = new Date();
  return { mode: mode & 0o7777, mtime: now, atime: now, id: ++lastId };
}

export function fileNode(mode: number): FileNode {
  return { ...facts(mode), type: "file", content: new FileContent(), links: 0, opened: 0 };
}

/** A directory that is in none yet: its own parent, as a root is. */
export function directoryNode(mode: number): DirectoryNode {
  const node: Omit<DirectoryNode, "parent"> = { ...facts(mode), type: "directory", entries: new Map(), name: "" };
  return Object.assign(node, { parent: node as DirectoryNode });
}

export function linkNode(target: string): LinkNode {
  return { ...facts(0o777), type: "link", target, links: 0 };
}

/** Whether a directory is another one, or above it. */
export function isAbove(node: TreeNode, directory: DirectoryNode): boolean {
  let here = directory;
  while (here !== node && here !== here.parent) here = here.parent;
  return here === node;
}
