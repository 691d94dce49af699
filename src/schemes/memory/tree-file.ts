import { TransportError } from "../../errors/transport-error.ts";
import { treeError } from "./tree-error.ts";
import type { FileNode } from "./tree-node.ts";
import type { TreeSpace } from "./tree-space.ts";
import type { OpenFlags, TreeAttributes, TreeStat } from "./tree-types.ts";
import { describeNode, setNodeAttributes } from "./tree-types.ts";

/** What is copied at a time. */
const pieceBytes = 1024 * 1024;

/** An open file of a tree. It stays the same file whatever becomes of its name. */
export class TreeFile {
  readonly #node: FileNode;
  readonly #flags: OpenFlags;
  readonly #space: TreeSpace;
  #open = true;

  constructor(node: FileNode, flags: OpenFlags, space: TreeSpace) {
    this.#node = node;
    this.#flags = flags;
    this.#space = space;
    space.opened(node);
  }

  /** The bytes from `offset`, fewer than `length` where the file ends: a copy, which never changes. */
  read(offset: number, length: number): Buffer {
    const target = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.#node.content.length - offset)));
    this.readInto(target, offset);
    return target;
  }

  /** Fills `target` with the bytes from `offset`; returns how many there were. */
  readInto(target: Buffer, offset: number): number {
    this.#require("read");
    return this.#node.content.readInto(target, offset);
  }

  /** Writes at `offset`, or at the end in append mode. */
  write(offset: number, data: Uint8Array): void {
    this.#require("write");
    this.#space.write(this.#node, this.#flags.append === true ? this.#node.content.length : offset, data);
  }

  truncate(length: number): void {
    this.#require("write");
    this.#space.resize(this.#node, length);
  }

  /** Copies `length` bytes from `offset`, or all that follows, into another file (or elsewhere in this one) at `targetOffset`. */
  copyTo(target: TreeFile, { offset = 0, length = Infinity, targetOffset = 0 }: TreeCopyRange = {}): void {
    const end = Math.min(offset + length, this.#node.content.length);
    for (let at = offset; at < end; at += pieceBytes) {
      target.write(targetOffset + at - offset, this.read(at, Math.min(pieceBytes, end - at)));
    }
  }

  stat(): TreeStat {
    return describeNode(this.#node);
  }

  setAttributes(attributes: TreeAttributes): void {
    if (attributes.sizeBytes !== undefined) this.truncate(attributes.sizeBytes);
    setNodeAttributes(this.#node, attributes);
  }

  /** Closing twice is harmless. */
  close(): void {
    if (this.#open) this.#space.closed(this.#node);
    this.#open = false;
  }

  #require(right: "read" | "write"): void {
    if (!this.#open) throw new TransportError("closed", "the file was closed");
    if (this.#flags[right] !== true) throw treeError("permission-denied", `the file was not opened to ${right}`);
  }
}

export interface TreeCopyRange {
  readonly offset?: number;
  readonly length?: number;
  readonly targetOffset?: number;
}
