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
}

export interface DirectoryNode extends NodeFacts {
  readonly type: "directory";
  /** In the order in which the names were made. */
  readonly entries: Map<string, TreeNode>;
}

export interface LinkNode extends NodeFacts {
  readonly type: "link";
  readonly target: string;
}

export type TreeNode = FileNode | DirectoryNode | LinkNode;

let lastId = 0;

function facts(mode: number): NodeFacts {
  const now = new Date();
  return { mode, mtime: now, atime: now, id: ++lastId };
}

export function fileNode(mode: number): FileNode {
  return { ...facts(mode), type: "file", content: new FileContent(), links: 1 };
}

export function directoryNode(mode: number): DirectoryNode {
  return { ...facts(mode), type: "directory", entries: new Map() };
}

export function linkNode(target: string): LinkNode {
  return { ...facts(0o777), type: "link", target };
}
