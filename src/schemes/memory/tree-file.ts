import { TransportError } from "../../errors/transport-error.ts";
import type { FileNode } from "./tree-node.ts";
import type { OpenFlags, TreeAttributes, TreeStat } from "./tree-types.ts";
import { describeNode, setNodeAttributes } from "./tree-types.ts";

/** What an open file tells its tree. */
export interface TreeFileOwner {
  /** The content is about to grow, or to shrink. May throw `no-space`. */
  reserve(growthBytes: number): void;
  closed(): void;
}

/** An open file of a tree. It stays the same file whatever becomes of its name. */
export class TreeFile {
  readonly #node: FileNode;
  readonly #flags: OpenFlags;
  readonly #owner: TreeFileOwner;
  #open = true;

  constructor(node: FileNode, flags: OpenFlags, owner: TreeFileOwner) {
    this.#node = node;
    this.#flags = flags;
    this.#owner = owner;
  }

  /** The bytes from `offset`, fewer than `length` where the file ends. */
  read(offset: number, length: number): Buffer {
    this.#require("read");
    return this.#node.content.read(offset, length);
  }

  /** Writes at `offset`, or at the end in append mode. */
  write(offset: number, data: Uint8Array): void {
    this.#require("write");
    const { content } = this.#node;
    const at = this.#flags.append === true ? content.length : offset;
    this.#owner.reserve(Math.max(0, at + data.length - content.length));
    content.write(at, data);
    this.#node.mtime = new Date();
  }

  truncate(length: number): void {
    this.#require("write");
    this.#owner.reserve(length - this.#node.content.length);
    this.#node.content.truncate(length);
    this.#node.mtime = new Date();
  }

  stat(): TreeStat {
    return describeNode(this.#node);
  }

  setAttributes(attributes: TreeAttributes): void {
    setNodeAttributes(this.#node, attributes);
  }

  /** Closing twice is harmless. */
  close(): void {
    if (this.#open) this.#owner.closed();
    this.#open = false;
  }

  #require(right: "read" | "write"): void {
    if (!this.#open) throw new TransportError("closed", "the file was closed");
    if (this.#flags[right] !== true)
      throw new TransportError("permission-denied", `the file was not opened to ${right}`);
  }
}
