import type { memoryStore } from "samewire/testing";

import { isTempName } from "../../src/transport/temp-name.ts";
import type { Random } from "../../benchmarks/soak/random.ts";

/** What is at a path. Modes are the twelve bits, times milliseconds since 1970. */
export interface Thing {
  readonly type: "file" | "directory" | "link";
  /** What a file holds, or a link says. */
  readonly text: string;
  /** Undefined where nobody has said what it is. */
  readonly mode?: number | undefined;
  readonly mtimeMs?: number | undefined;
}

/** By the path below its top; without the top. */
export type Tree = ReadonlyMap<string, Thing>;

type Store = ReturnType<typeof memoryStore>["tree"];

const names = [
  "a",
  "b",
  "c",
  "A",
  "b.tmp",
  "c.txt",
  "ä",
  "a\u0308",
  "a b",
  " ",
  "%2e",
  "%2e%2e",
  "a%2Fb",
  "...",
  "~",
  "-rf",
  "a\\b",
  "con",
  "日本",
  "😀",
  "'\"*?[{",
  "#?&",
  "l".repeat(200),
  ".samewire-0123.tmp",
];
const firstMs = Date.parse("2020-03-04T05:06:07Z");
const deepest = 4;

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Things in a directory, by their names. */
export function childrenOf(tree: Tree, path: string): ReadonlyMap<string, Thing> {
  const children = new Map<string, Thing>();
  for (const [at, thing] of tree) if (at !== "" && parentOf(at) === path) children.set(nameOf(at), thing);
  return children;
}

/** Few lengths and times, so that what differs in one of them is often the same in the other. */
function randomThing(random: Random, type: Thing["type"], depth: number): Thing {
  const mtimeMs = firstMs + random.pick([0, 1, 999, 1_000, 86_400_000]);
  if (type === "directory") return { type, text: "", mode: random.pick([0o755, 0o700, 0o555, 0o1777]), mtimeMs };
  if (type === "link") return { type, text: randomLink(random, depth) };
  const length = random.pick([0, 1, 3, 3, 3, 300_000]);
  const mode = random.pick([0o644, 0o600, 0o755, 0o444, 0o4755]);
  return { type, text: random.pick(["x", "y", "z"]).repeat(length), mode, mtimeMs };
}

function randomLink(random: Random, depth: number): string {
  const up = "../".repeat(depth);
  const outside = [`${up}../outside`, `${up}../outside/precious`, "/outside/precious", `a/${up}../../outside`, ".."];
  return random.pick([random.pick(names), `${up}${random.pick(names)}/${random.pick(names)}`, random.pick(outside)]);
}

function randomType(random: Random, depth: number): Thing["type"] {
  return random.weighted({ file: 6, link: 1, directory: depth < deepest ? 3 : 0 });
}

export function randomTree(random: Random): Tree {
  const tree = new Map<string, Thing>();
  fill(tree, "", random, random.whole(0, 9));
  return tree;
}

function fill(tree: Map<string, Thing>, directory: string, random: Random, count: number): void {
  const depth = directory === "" ? 0 : directory.split("/").length;
  for (let left = count; left > 0; left--) {
    const type = randomType(random, depth);
    const path = (directory === "" ? "" : `${directory}/`) + randomName(random, type);
    if (tree.has(path)) continue;
    tree.set(path, randomThing(random, type, depth));
    if (type === "directory") fill(tree, path, random, random.whole(0, 4));
  }
}

/** Links that have the name of a temporary are nobody's. */
function randomName(random: Random, type: Thing["type"]): string {
  const temporary = `.samewire-${random
    .whole(0, 2 ** 31)
    .toString(16)
    .padStart(16, "0")}.tmp`;
  return type !== "link" && random.chance(0.05) ? temporary : random.pick(names);
}

/** The same, but for some things in it. */
export function changedTree(tree: Tree, random: Random): Tree {
  const changed = new Map(tree);
  for (const [path, thing] of tree) {
    if (changed.get(path) !== thing || random.chance(0.7)) continue;
    const depth = path.split("/").length - 1;
    const other = randomThing(random, thing.type, depth);
    const how = random.pick(["gone", "content", "time", "mode", "all", "type"] as const);
    if (how === "content") changed.set(path, { ...thing, text: other.text });
    else if (how === "time") changed.set(path, { ...thing, mtimeMs: other.mtimeMs });
    else if (how === "mode") changed.set(path, { ...thing, mode: other.mode });
    else if (how === "all") changed.set(path, other);
    else {
      for (const below of tree.keys()) if (below === path || below.startsWith(`${path}/`)) changed.delete(below);
      // What has the name of a temporary on both sides is of one kind.
      const isGone = how === "gone" || isTempName(nameOf(path));
      const type = isGone ? undefined : randomType(random, depth);
      if (type !== undefined) changed.set(path, randomThing(random, type, depth));
      if (type === "directory") fill(changed, path, random, random.whole(0, 4));
    }
  }
  fill(changed, "", random, random.whole(0, 4));
  return changed;
}

/** All that is below a directory of a store; undefined where none is. */
export function treeIn(store: Store, top: string): Tree | undefined {
  const tree = new Map<string, Thing>();
  const read = (directory: string): void => {
    for (const { name, stat } of store.readdir(`${top}/${directory}`)) {
      const path = directory === "" ? name : `${directory}/${name}`;
      const { type, mode, mtime } = stat;
      const at = `${top}/${path}`;
      if (type === "link") tree.set(path, { type, text: store.readlink(at) });
      else tree.set(path, { type, text: type === "file" ? textOf(store, at) : "", mode, mtimeMs: mtime.getTime() });
      if (type === "directory") read(path);
    }
  };
  try {
    store.lstat(top);
  } catch {
    return undefined;
  }
  read("");
  return tree;
}

function textOf(store: Store, path: string): string {
  const file = store.open(path, { read: true });
  try {
    return file.read(0, file.stat().sizeBytes).toString();
  } finally {
    file.close();
  }
}

/** Has a directory of a store hold a tree, and nothing else. */
export function putTree(store: Store, top: string, tree: Tree): void {
  empty(store, top);
  for (const [path, { type, text, mode }] of [...tree].toSorted(outermostFirst)) {
    const at = `${top}/${path}`;
    if (type === "directory") store.mkdir(at);
    else if (type === "link") store.symlink(text, at);
    else {
      const file = store.open(at, { write: true, create: true }, mode);
      file.write(0, Buffer.from(text));
      file.close();
    }
  }
  for (const [path, { type, mode, mtimeMs }] of [...tree].toSorted(outermostFirst).toReversed())
    if (type !== "link" && mtimeMs !== undefined)
      store.setAttributes(`${top}/${path}`, { mode, mtime: new Date(mtimeMs) }, { followLinks: false });
}

function empty(store: Store, top: string): void {
  const old = treeIn(store, top);
  if (old === undefined) store.mkdir(top);
  for (const [path, { type }] of [...(old ?? [])].toSorted(outermostFirst).toReversed())
    if (type === "directory") store.rmdir(`${top}/${path}`);
    else store.unlink(`${top}/${path}`);
}

function outermostFirst([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

/** For a message: what a tree holds, without what is long. */
export function told(tree: Tree | undefined): readonly string[] {
  return [...(tree ?? [])].toSorted(outermostFirst).map(([path, { type, text, mode, mtimeMs }]) => {
    const content = text.length > 40 ? `${text.slice(0, 1)}*${text.length}` : text;
    return `${JSON.stringify(path)} ${type} ${JSON.stringify(content)} ${mode?.toString(8)} ${mtimeMs}`;
  });
}
