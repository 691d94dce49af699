import { treeError } from "./tree-error.ts";
import type { FileNode } from "./tree-node.ts";

/** What the files of a tree take, each once whatever names it has, until it has none and is closed. */
export class TreeSpace {
  /** Infinity where there is no limit. */
  readonly maxBytes: number;
  #usedBytes = 0;
  #openFiles = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get openFiles(): number {
    return this.#openFiles;
  }

  opened(node: FileNode): void {
    node.opened++;
    this.#openFiles++;
  }

  closed(node: FileNode): void {
    node.opened--;
    this.#openFiles--;
    this.#freeIfGone(node);
  }

  /** One name less. */
  unlinked(node: FileNode): void {
    node.links--;
    this.#freeIfGone(node);
  }

  /** Writes at `offset`. Throws `no-space` where that would take too much. */
  write(node: FileNode, offset: number, data: Uint8Array): void {
    if (data.length > 0) this.#take(node, Math.max(node.content.length, offset + data.length));
    node.content.write(offset, data);
    node.mtime = new Date();
  }

  /** Cuts or extends to `length`. Throws `no-space` where that would take too much. */
  resize(node: FileNode, length: number): void {
    this.#take(node, length);
    node.content.truncate(length);
    node.mtime = new Date();
  }

  #take({ content }: FileNode, length: number): void {
    const used = this.#usedBytes + length - content.length;
    if (!Number.isSafeInteger(length) || (used > this.maxBytes && length > content.length)) throw treeError("no-space");
    this.#usedBytes = used;
  }

  #freeIfGone({ links, opened, content }: FileNode): void {
    if (links === 0 && opened === 0) this.#usedBytes -= content.length;
  }
}
