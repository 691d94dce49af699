import type { SyncOptions, TreeOptions, WalkedEntry } from "samewire";
import { isTempName } from "../../src/transport/temp-name.ts";

import type { Thing, Tree } from "./random-tree.ts";
import { childrenOf, nameOf } from "./random-tree.ts";

/** What a copy or a sync has to come to. */
export interface Outcome {
  readonly tree: Tree;
  readonly files: number;
  readonly directories: number;
  readonly links: number;
  readonly bytes: number;
  readonly unchanged: number;
  readonly deleted: number;
  /** Path and code of each. */
  readonly failures: readonly string[];
}

const umask = process.umask();
const none: Tree = new Map();

/** What both have in common: the target as it comes to be, and what is counted. */
class Model {
  readonly source: Tree;
  readonly before: Tree;
  readonly tree: Map<string, Thing>;
  readonly options: TreeOptions;
  readonly counts = { files: 0, directories: 0, links: 0, bytes: 0, unchanged: 0, deleted: 0 };
  readonly failures: string[] = [];
  readonly keepsTime: boolean;

  constructor(source: Tree, before: Tree | undefined, options: TreeOptions, keepsTime: boolean) {
    this.source = source;
    this.before = before ?? none;
    this.tree = new Map(before);
    this.options = options;
    this.keepsTime = keepsTime;
    if (before === undefined) this.counts.directories++;
  }

  get outcome(): Outcome {
    return { ...this.counts, tree: this.tree, failures: this.failures.toSorted() };
  }

  fail(path: string, code: string): void {
    this.failures.push(`${path}: ${code}`);
  }

  takes(path: string, thing: Thing): boolean {
    return this.options.filter?.(entryOf(path, thing)) !== false;
  }

  modeOf({ mode = 0 }: Thing): number | undefined {
    const { mode: wanted = true } = this.options.preserve ?? {};
    if (wanted === false) return undefined;
    return wanted === "exact" ? mode : mode & 0o777 & ~umask;
  }

  /** What is there keeps the bits that nobody compares. */
  modeOfSame(ours: Thing, theirs: Thing): number | undefined {
    const mask = this.options.preserve?.mode === "exact" ? 0o7777 : 0o777;
    const mode = this.modeOf(ours);
    return mode === undefined || ((theirs.mode as number) & mask) === mode ? theirs.mode : mode;
  }

  timeOf({ mtimeMs }: Thing): number | undefined {
    return this.keepsTime ? mtimeMs : undefined;
  }

  copy(path: string, ours: Thing, theirs: Thing | undefined): void {
    const kept = theirs?.type === "file" ? theirs.mode : undefined;
    this.tree.set(path, { ...ours, mode: this.modeOf(ours) ?? kept, mtimeMs: this.timeOf(ours) });
    this.counts.files++;
    this.counts.bytes += ours.text.length;
  }

  link(path: string, { text }: Thing): void {
    this.tree.set(path, { type: "link", text });
    this.counts.links++;
  }

  make(path: string, ours: Thing): void {
    this.tree.set(path, { ...ours, mode: this.modeOf(ours), mtimeMs: this.timeOf(ours) });
    this.counts.directories++;
  }

  remove(path: string): void {
    this.tree.delete(path);
    this.counts.deleted++;
  }

  /** Why a link is not made. */
  refuses(path: string, { text }: Thing): boolean {
    if (this.options.preserve?.links === false || text === "" || text.startsWith("/")) return true;
    const parts = text.split("/").filter((part) => part !== "" && part !== ".");
    const up = parts.findIndex((part) => part !== "..");
    const climbs = up < 0 ? parts.length : up;
    return climbs > path.split("/").length - 1 || parts.slice(climbs).includes("..");
  }
}

/** What `sync` has to come to. */
export function modelOfSync(source: Tree, before: Tree | undefined, options: SyncOptions): Outcome {
  const model = new SyncModel(source, before, options);
  model.directory("");
  return model.outcome;
}

class SyncModel extends Model {
  declare readonly options: SyncOptions;

  constructor(source: Tree, before: Tree | undefined, options: SyncOptions) {
    super(source, before, options, options.preserve?.mtime !== false);
  }

  directory(directory: string): void {
    const [ours, theirs] = [childrenOf(this.source, directory), childrenOf(this.before, directory)];
    const wanted = new Set<string>();
    for (const [name, thing] of ours) {
      const path = join(directory, name);
      if (!this.takes(path, thing) || isTemporary(name, thing)) continue;
      wanted.add(name);
      if (thing.type === "directory") this.#directoryOnto(path, thing, theirs.get(name));
      else if (thing.type === "link") this.#linkOnto(path, thing, theirs.get(name));
      else this.#fileOnto(path, thing, theirs.get(name));
    }
    for (const [name, thing] of theirs)
      if (!wanted.has(name)) this.#surplus(join(directory, name), thing, ours.has(name));
  }

  #directoryOnto(path: string, ours: Thing, theirs: Thing | undefined): void {
    if (theirs?.type === "directory") {
      this.tree.set(path, { ...theirs, mode: this.modeOfSame(ours, theirs), mtimeMs: this.timeOf(ours) });
      return this.directory(path);
    }
    if (theirs !== undefined && !this.#makeWay(path, theirs)) return;
    this.make(path, ours);
    // Nothing of what was there is left.
    const inside = new SyncModel(this.source, none, this.options);
    inside.directory(path);
    for (const [at, thing] of inside.tree) this.tree.set(at, thing);
    for (const count of Object.keys(this.counts) as (keyof Outcome & keyof typeof this.counts)[])
      this.counts[count] += inside.counts[count];
    this.failures.push(...inside.failures);
  }

  #linkOnto(path: string, ours: Thing, theirs: Thing | undefined): void {
    if (this.refuses(path, ours)) this.fail(path, "unsupported");
    else if (theirs?.type === "link" && theirs.text === ours.text) this.counts.unchanged++;
    else if (theirs?.type !== "directory" || this.#makeWay(path, theirs)) this.link(path, ours);
  }

  #fileOnto(path: string, ours: Thing, theirs: Thing | undefined): void {
    if (theirs?.type === "file" && this.#same(ours, theirs)) {
      this.counts.unchanged++;
      const mtimeMs = this.keepsTime ? ours.mtimeMs : theirs.mtimeMs;
      this.tree.set(path, { ...theirs, mode: this.modeOfSame(ours, theirs), mtimeMs });
    } else if (theirs?.type !== "directory" || this.#makeWay(path, theirs)) this.copy(path, ours, theirs);
  }

  #same(ours: Thing, theirs: Thing): boolean {
    const { compare = "size-and-mtime" } = this.options;
    if (ours.text.length !== theirs.text.length) return false;
    if (compare === "size") return true;
    if (compare === "content") return ours.text === theirs.text;
    const ahead = (ours.mtimeMs as number) - (theirs.mtimeMs as number);
    return this.keepsTime ? ahead === 0 : ahead <= 0;
  }

  #surplus(path: string, theirs: Thing, isInSource: boolean): void {
    if (isTemporary(nameOf(path), theirs)) this.remove(path);
    else if (this.options.delete !== true) {
      if (isLeftover(this.before, path, theirs)) this.remove(path);
    } else if (!this.#protects(path, theirs, isInSource)) this.#removeAll(path, theirs);
  }

  #protects(path: string, theirs: Thing, isInSource = false): boolean {
    return this.options.deleteExcluded !== true && (isInSource || !this.takes(path, theirs));
  }

  /** True if nothing of it is left. */
  #removeAll(path: string, theirs: Thing): boolean {
    let left = false;
    if (theirs.type === "directory") {
      for (const [name, thing] of childrenOf(this.before, path)) {
        const at = join(path, name);
        if (isTemporary(name, thing)) this.remove(at);
        else if (this.#protects(at, thing) || !this.#removeAll(at, thing)) left = true;
      }
    }
    if (!left) this.remove(path);
    // Its time is that of the last change in it.
    else this.tree.set(path, { ...theirs, mtimeMs: undefined });
    return !left;
  }

  #isFree(path: string): boolean {
    return [...childrenOf(this.before, path)].every(([name, thing]) => {
      const at = join(path, name);
      return isTemporary(name, thing) || (!this.#protects(at, thing) && this.#isFree(at));
    });
  }

  #makeWay(path: string, theirs: Thing): boolean {
    if (this.options.delete !== true || this.#protects(path, theirs))
      this.fail(path, theirs.type === "directory" ? "is-a-directory" : "not-a-directory");
    else if (!this.#isFree(path)) this.fail(path, "already-exists");
    else return this.#removeAll(path, theirs);
    return false;
  }
}

/** What `copyTree` has to come to. */
export function modelOfCopy(source: Tree, before: Tree | undefined, options: TreeOptions): Outcome {
  const model = new CopyModel(source, before, options);
  model.directory("");
  return model.outcome;
}

class CopyModel extends Model {
  constructor(source: Tree, before: Tree | undefined, options: TreeOptions) {
    super(source, before, options, options.resume === true || options.preserve?.mtime === true);
  }

  directory(directory: string): void {
    const theirs = new Map(childrenOf(this.before, directory));
    for (const [name, thing] of this.options.resume === true ? [...theirs] : []) {
      if (!isTemporary(name, thing)) continue;
      theirs.delete(name);
      this.tree.delete(join(directory, name));
    }
    for (const [name, thing] of childrenOf(this.source, directory)) {
      const path = join(directory, name);
      if (!this.takes(path, thing)) continue;
      const there = theirs.get(name);
      if (thing.type === "directory") this.#directoryOnto(path, thing, there);
      else if (thing.type === "link" && this.refuses(path, thing)) this.fail(path, "unsupported");
      else if (there?.type === "directory")
        this.fail(path, thing.type === "link" ? "already-exists" : "is-a-directory");
      else if (thing.type === "link") this.link(path, thing);
      else this.#fileOnto(path, thing, there);
    }
  }

  #directoryOnto(path: string, ours: Thing, theirs: Thing | undefined): void {
    if (theirs !== undefined && theirs.type !== "directory") return this.fail(path, "already-exists");
    if (theirs === undefined) this.make(path, ours);
    else {
      // Those alone that a copy gives a directory when all is in it.
      const wanted = this.modeOf(ours);
      const isLate = this.options.resume === true && wanted !== undefined && wanted !== ((wanted & 0o777) | 0o700);
      const mode = isLate ? wanted : theirs.mode;
      this.tree.set(path, { ...theirs, mode, mtimeMs: this.timeOf(ours) });
    }
    this.directory(path);
  }

  #fileOnto(path: string, ours: Thing, theirs: Thing | undefined): void {
    const same = theirs?.type === "file" && theirs.text.length === ours.text.length && theirs.mtimeMs === ours.mtimeMs;
    if (this.options.resume === true && same) this.counts.unchanged++;
    else this.copy(path, ours, theirs);
  }
}

function join(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

function entryOf(path: string, { type, text }: Thing): WalkedEntry {
  return { name: nameOf(path), path, stat: { type, sizeBytes: text.length } };
}

function isTemporary(name: string, { type }: Thing): boolean {
  return type === "file" && isTempName(name);
}

/** What is left of the taking of a lock, an hour ago. */
function isLeftover(tree: Tree, path: string, { type, mtimeMs = 0 }: Thing): boolean {
  const isOld = Date.now() - mtimeMs > 3_600_000;
  return type === "directory" && isTempName(nameOf(path)) && isOld && childrenOf(tree, path).size === 0;
}
