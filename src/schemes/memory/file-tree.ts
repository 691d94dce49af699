import { isName } from "../../url/path.ts";
import { treeError } from "./tree-error.ts";
import { TreeFile } from "./tree-file.ts";
import type { DirectoryNode, TreeNode } from "./tree-node.ts";
import { directoryNode, fileNode, isAbove, linkNode } from "./tree-node.ts";
import type { Place } from "./tree-place.ts";
import { findPlace, pathOf } from "./tree-place.ts";
import { TreeSpace } from "./tree-space.ts";
import type { OpenFlags, TreeAttributes, TreeStat } from "./tree-types.ts";
import { describeNode, setNodeAttributes } from "./tree-types.ts";

/**
 * A file system in memory, with the semantics of POSIX: directories, files, symbolic and hard links, permission bits that are kept but not
 * enforced, files that live on while they are open. Paths are absolute plain text. Synchronous; every failure is a `TransportError`.
 */
export class FileTree {
  readonly #root: DirectoryNode = directoryNode(0o755);
  readonly #space: TreeSpace;

  /** The files' lengths together never exceed `maxBytes`; no limit if not given. */
  constructor({ maxBytes = Infinity }: { readonly maxBytes?: number } = {}) {
    this.#space = new TreeSpace(maxBytes);
  }

  /** Bytes that the files may have together; Infinity where there is no limit. */
  get maxBytes(): number {
    return this.#space.maxBytes;
  }

  /** Bytes that the files have together. */
  get usedBytes(): number {
    return this.#space.usedBytes;
  }

  /** Files that were opened and not closed. */
  get openFiles(): number {
    return this.#space.openFiles;
  }

  /** What is at a path itself. Throws `not-found`, `not-a-directory`. */
  lstat(path: string): TreeStat {
    return describeNode(this.#find(path, false));
  }

  /** What is at a path, links followed. */
  stat(path: string): TreeStat {
    return describeNode(this.#find(path, true));
  }

  /** The entries of a directory with what lstat says of each. */
  readdir(path: string): { name: string; stat: TreeStat }[] {
    const directory = this.#find(path, true);
    if (directory.type !== "directory") throw treeError("not-a-directory");
    return Array.from(directory.entries, ([name, node]) => ({ name, stat: describeNode(node) }));
  }

  /** Opens a file; with `create` it is made with `mode` (default 0o644). */
  open(path: string, flags: OpenFlags, mode = 0o644): TreeFile {
    const exclusive = flags.create === true && flags.exclusive === true;
    const place = this.#place(path, !exclusive);
    if (place.node === undefined && flags.create !== true) throw treeError("not-found");
    if (place.node !== undefined && exclusive) throw treeError("already-exists");
    const node = place.node ?? this.#attach(place, fileNode(mode));
    if (node.type !== "file") throw treeError("is-a-directory");
    if (flags.truncate === true) this.#space.resize(node, 0);
    return new TreeFile(node, flags, this.#space);
  }

  /** Makes one directory. */
  mkdir(path: string, mode = 0o755): void {
    this.#attach(this.#free(path), directoryNode(mode));
  }

  /** Removes an empty directory. */
  rmdir(path: string): void {
    const place = this.#place(path, false);
    if (place.node === undefined) throw treeError("not-found");
    if (place.node.type !== "directory") throw treeError("not-a-directory");
    if (place.node === this.#root) throw treeError("permission-denied");
    if (place.node.entries.size > 0) throw treeError("directory-not-empty");
    this.#detach(place);
  }

  /** Removes a file or a link. */
  unlink(path: string): void {
    const place = this.#place(path, false);
    if (place.node === undefined) throw treeError("not-found");
    if (place.node.type === "directory") throw treeError("is-a-directory");
    this.#detach(place);
  }

  /** With `replace`, as POSIX: a file over a file, a directory over an empty one. Without, whatever is there is in the way. */
  rename(from: string, to: string, { replace }: { readonly replace: boolean }): void {
    const source = this.#place(from, false);
    const target = this.#place(to, false);
    const { node } = source;
    if (node === undefined) throw treeError("not-found");
    if (isAbove(node, target.parent)) throw treeError("invalid-path", "a directory cannot be moved into itself");
    if (target.node !== undefined && !replace) throw treeError("already-exists");
    if (target.node === node) return;
    if (target.node !== undefined) this.#makeWay(source, target, target.node);
    this.#move(source, target, node);
  }

  /** Makes a link at `path` that holds the text `target`. */
  symlink(target: string, path: string): void {
    if (target === "") throw treeError("not-found", "a link needs a target");
    if (target.includes("\0")) throw treeError("invalid-path");
    this.#attach(this.#free(path), linkNode(target));
  }

  /** The text that a link holds. */
  readlink(path: string): string {
    const node = this.#find(path, false);
    if (node.type !== "link") throw treeError("invalid-path", "it is not a link");
    return node.target;
  }

  /** Gives a file, or a link, a second name. */
  link(existing: string, path: string): void {
    const node = this.#find(existing, false);
    const place = this.#free(path);
    if (node.type === "directory") throw treeError("permission-denied", "a directory has one name only");
    this.#attach(place, node);
  }

  /** Sets what is given. */
  setAttributes(path: string, attributes: TreeAttributes, { followLinks }: { readonly followLinks: boolean }): void {
    const node = this.#find(path, followLinks);
    if (attributes.sizeBytes !== undefined) {
      if (node.type === "directory") throw treeError("is-a-directory");
      if (node.type === "link") throw treeError("invalid-path", "it is a link");
      this.#space.resize(node, attributes.sizeBytes);
    }
    setNodeAttributes(node, attributes);
  }

  /** The path with every link resolved; the last name need not be there. */
  realpath(path: string): string {
    return pathOf(this.#place(path, true));
  }

  #find(path: string, followLinks: boolean): TreeNode {
    const { node } = this.#place(path, followLinks);
    if (node === undefined) throw treeError("not-found");
    return node;
  }

  #place(path: string, followLast: boolean): Place {
    return findPlace(this.#root, path, { followLast });
  }

  /** A place for something new. */
  #free(path: string): Place {
    const place = this.#place(path, false);
    if (place.node !== undefined) throw treeError("already-exists");
    return place;
  }

  #attach<Node extends TreeNode>({ parent, name }: Place, node: Node): Node {
    if (!isName(name)) throw treeError("invalid-path");
    if (node.type === "directory") Object.assign(node, { parent, name });
    else node.links++;
    parent.entries.set(name, node);
    parent.mtime = new Date();
    return node;
  }

  #detach({ parent, name, node }: Place): void {
    parent.entries.delete(name);
    parent.mtime = new Date();
    if (node?.type === "file") this.#space.unlinked(node);
    else if (node?.type === "link") node.links--;
  }

  #move(source: Place, target: Place, node: TreeNode): void {
    this.#attach(target, node);
    source.parent.entries.delete(source.name);
    source.parent.mtime = new Date();
    if (node.type !== "directory") node.links--;
  }

  #makeWay({ node, parent }: Place, target: Place, inTheWay: TreeNode): void {
    if (inTheWay.type === "directory") {
      if (isAbove(inTheWay, parent)) throw treeError("directory-not-empty");
      if (node?.type !== "directory") throw treeError("is-a-directory");
      if (inTheWay.entries.size > 0) throw treeError("directory-not-empty");
    } else if (node?.type === "directory") {
      throw treeError("not-a-directory");
    }
    this.#detach(target);
  }
}
