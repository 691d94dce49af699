import { TransportError } from "../../errors/transport-error.ts";
import { isName } from "../../url/path.ts";
import type { DirectoryNode, FileNode, TreeNode } from "./tree-node.ts";
import { directoryNode, fileNode, linkNode } from "./tree-node.ts";
import type { OpenFlags, TreeAttributes, TreeStat } from "./tree-types.ts";
import type { TreeFileOwner } from "./tree-file.ts";
import { TreeFile } from "./tree-file.ts";
import { describeNode, setNodeAttributes } from "./tree-types.ts";

/** Links that are followed on the way to one node, as in Linux. */
const maxLinks = 40;

interface Place {
  readonly parent: DirectoryNode;
  readonly name: string;
  readonly node: TreeNode | undefined;
}

/**
 * A file system in memory, with the semantics of POSIX: directories, files, symbolic and hard links, permission bits that are kept but not
 * enforced, files that live on while they are open. Paths are absolute plain text. Synchronous; every failure is a `TransportError`.
 */
export class FileTree {
  readonly #root: DirectoryNode = directoryNode(0o755);
  readonly #maxBytes: number;
  readonly #fileOwner: TreeFileOwner = {
    reserve: (growthBytes) => this.#reserve(growthBytes),
    closed: () => void this.#openFiles--,
  };
  #usedBytes = 0;
  #openFiles = 0;

  constructor({ maxBytes = Infinity }: { readonly maxBytes?: number } = {}) {
    this.#maxBytes = maxBytes;
  }

  /** Files that were opened and not closed. */
  get openFiles(): number {
    return this.#openFiles;
  }

  lstat(path: string): TreeStat {
    return describeNode(this.#find(path, false));
  }

  stat(path: string): TreeStat {
    return describeNode(this.#find(path, true));
  }

  /** The entries of a directory with what lstat says of each. */
  readdir(path: string): { name: string; stat: TreeStat }[] {
    const directory = this.#find(path, true);
    if (directory.type !== "directory") throw fail("not-a-directory");
    return [...directory.entries].map(([name, node]) => ({ name, stat: describeNode(node) }));
  }

  /** Opens a file; with `create` it is made with `mode` (default 0o644). */
  open(path: string, flags: OpenFlags, mode = 0o644): TreeFile {
    const place = this.#place(path, !(flags.create === true && flags.exclusive === true));
    const node = place.node ?? this.#create(place, flags, mode);
    if (place.node !== undefined && flags.create === true && flags.exclusive === true) throw fail("already-exists");
    if (node.type === "directory") throw fail("is-a-directory");
    if (node.type === "link") throw fail("not-found");
    const file = new TreeFile(node, flags, this.#fileOwner);
    this.#openFiles++;
    if (flags.truncate === true) file.truncate(0);
    return file;
  }

  mkdir(path: string, mode = 0o755): void {
    const place = this.#place(path, false);
    if (place.node !== undefined) throw fail("already-exists");
    this.#attach(place, directoryNode(mode));
  }

  rmdir(path: string): void {
    const place = this.#place(path, false);
    if (place.node === undefined) throw fail("not-found");
    if (place.node.type !== "directory") throw fail("not-a-directory");
    if (place.node.entries.size > 0) throw fail("directory-not-empty");
    if (place.node === this.#root) throw fail("permission-denied");
    this.#detach(place);
  }

  unlink(path: string): void {
    const place = this.#place(path, false);
    if (place.node === undefined) throw fail("not-found");
    if (place.node.type === "directory") throw fail("is-a-directory");
    this.#detach(place);
  }

  /** With `replace`, as POSIX: a file over a file, a directory over an empty one. Without, whatever is there is in the way. */
  rename(from: string, to: string, { replace }: { readonly replace: boolean }): void {
    const source = this.#place(from, false);
    const { node } = source;
    if (node === undefined) throw fail("not-found");
    const target = this.#place(to, false);
    if (target.node === node) return;
    if (node.type === "directory" && this.#isWithin(node, target.parent))
      throw fail("unsupported", "a directory cannot be moved into itself");
    if (target.node !== undefined) this.#makeWay(node, target, target.node, replace);
    this.#attach(target, node);
    source.parent.entries.delete(source.name);
    source.parent.mtime = new Date();
  }

  symlink(target: string, path: string): void {
    const place = this.#place(path, false);
    if (place.node !== undefined) throw fail("already-exists");
    this.#attach(place, linkNode(target));
  }

  readlink(path: string): string {
    const node = this.#find(path, false);
    if (node.type !== "link") throw fail("unsupported", "it is not a link");
    return node.target;
  }

  link(existing: string, path: string): void {
    const node = this.#find(existing, false);
    if (node.type !== "file") throw fail("unsupported", "only a file can have a second name");
    const place = this.#place(path, false);
    if (place.node !== undefined) throw fail("already-exists");
    this.#attach(place, node);
    node.links++;
  }

  setAttributes(path: string, attributes: TreeAttributes, { followLinks }: { readonly followLinks: boolean }): void {
    setNodeAttributes(this.#find(path, followLinks), attributes);
  }

  /** The path with every link resolved; the last segment need not be there. */
  realpath(path: string): string {
    return `/${this.#resolve(split(path), true, 0).names.join("/")}`;
  }

  #find(path: string, followLinks: boolean): TreeNode {
    const { node } = this.#place(path, followLinks);
    if (node === undefined) throw fail("not-found");
    return node;
  }

  #place(path: string, followLinks: boolean): Place {
    return this.#resolve(split(path), followLinks, 0).place;
  }

  /** Walks to a path: through links in the middle always, through one at the end if asked. */
  #resolve(
    segments: readonly string[],
    followLast: boolean,
    followed: number,
  ): { place: Place; names: readonly string[] } {
    const trail: { node: TreeNode; name: string }[] = [{ node: this.#root, name: "" }];
    for (const [at, name] of segments.entries()) {
      const here = (trail.at(-1) as { node: TreeNode }).node;
      if (here.type !== "directory") throw fail("not-a-directory");
      if (name === "..") {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const last = at === segments.length - 1;
      const node = here.entries.get(name);
      if (node === undefined) {
        if (!last) throw fail("not-found");
        return { place: { parent: here, name, node }, names: [...trail.slice(1).map((step) => step.name), name] };
      }
      if (node.type === "link" && (!last || followLast)) {
        if (followed >= maxLinks) throw fail("invalid-path", "there is a loop of links");
        const before = node.target.startsWith("/") ? [] : trail.slice(1).map((step) => step.name);
        return this.#resolve([...before, ...split(node.target), ...segments.slice(at + 1)], followLast, followed + 1);
      }
      trail.push({ node, name });
    }
    const { node, name } = trail.at(-1) as { node: TreeNode; name: string };
    const parent = (trail.at(-2)?.node ?? this.#root) as DirectoryNode;
    return { place: { parent, name, node }, names: trail.slice(1).map((step) => step.name) };
  }

  #create(place: Place, { create }: OpenFlags, mode: number): FileNode {
    if (create !== true) throw fail("not-found");
    const node = fileNode(mode);
    this.#attach(place, node);
    return node;
  }

  #attach({ parent, name }: Place, node: TreeNode): void {
    if (!isName(name)) throw fail("invalid-path");
    parent.entries.set(name, node);
    parent.mtime = new Date();
  }

  #detach({ parent, name, node }: Place): void {
    parent.entries.delete(name);
    parent.mtime = new Date();
    if (node?.type === "file" && --node.links === 0) this.#usedBytes -= node.content.length;
  }

  #makeWay(node: TreeNode, target: Place, inTheWay: TreeNode, replace: boolean): void {
    if (!replace) throw fail("already-exists");
    if (inTheWay.type === "directory") {
      if (node.type !== "directory") throw fail("is-a-directory");
      if (inTheWay.entries.size > 0) throw fail("directory-not-empty");
    } else if (node.type === "directory") {
      throw fail("not-a-directory");
    }
    this.#detach(target);
  }

  #isWithin(directory: DirectoryNode, below: DirectoryNode): boolean {
    if (directory === below) return true;
    return [...directory.entries.values()].some((node) => node.type === "directory" && this.#isWithin(node, below));
  }

  #reserve(growth: number): void {
    if (this.#usedBytes + growth > this.#maxBytes) throw new TransportError("no-space", "the store is full");
    this.#usedBytes += growth;
  }
}

function split(path: string): string[] {
  if (path.includes("\0")) throw fail("invalid-path");
  return path.split("/").filter((segment) => segment !== "" && segment !== ".");
}

const reasons: Partial<Record<TransportError["code"], string>> = {
  "not-found": "there is nothing there",
  "already-exists": "something is there already",
  "not-a-directory": "something on the way is not a directory",
  "is-a-directory": "it is a directory",
  "directory-not-empty": "the directory is not empty",
  "permission-denied": "that is not allowed",
  "invalid-path": "that is not a name",
};

function fail(code: TransportError["code"], reason: string = reasons[code] ?? code): TransportError {
  return new TransportError(code, reason);
}
