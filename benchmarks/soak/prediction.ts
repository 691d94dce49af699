import type { Capabilities, ErrorCode } from "samewire";

import type { Content, Piece } from "./content.ts";
import type { Deed, DeedOf } from "./deed.ts";
import type { Item, LooseWorld, Possible, World } from "./world.ts";
import { anyMixOf, below, isDirectory, isFile, loose, moved, parentOf, possible, withItems, without } from "./world.ts";

/** What a deed must lead to where nothing goes wrong on the way. */
export interface Prediction {
  /** It is refused, with one of these codes. */
  readonly refused?: readonly ErrorCode[];
  /** It may be refused as well as done: servers differ. */
  readonly mayBeRefused?: readonly ErrorCode[];
  /** What is there once it is done. */
  readonly after: World;
  /** What may be there beside that and what was before, where nobody knows how far it came. */
  readonly between?: LooseWorld;
  /** What may be there beside what was before although it was not done. */
  readonly beside?: LooseWorld;
}

/** What the server can do, and what a write would write. */
export interface Circumstances {
  readonly capabilities: Capabilities;
  readonly piece: (bytes: number) => Piece;
}

/** What a deed leads to in a world. */
export function predict(world: World, deed: Deed, circumstances: Circumstances): Prediction {
  switch (deed.verb) {
    case "put":
      return predictPut(world, deed, circumstances);
    case "append":
      return predictAppend(world, deed, circumstances);
    case "openWriteStream":
      return predictStream(world, deed, circumstances);
    case "mkdir":
      if (world.has(deed.path)) return refusal(world, "already-exists");
      return { after: withItems(world, [[deed.path, "directory"]]) };
    case "delete":
      // After a lost answer it counts as done that nothing is there.
      if (!world.has(deed.path)) return { after: world, mayBeRefused: ["not-found"] };
      return { after: without(world, deed.path) };
    case "deleteTree": {
      if (!world.has(deed.path)) return { after: world, mayBeRefused: ["not-found"] };
      const after = without(world, deed.path);
      return { after, between: anyMixOf(world, after) };
    }
    case "rename":
    case "move":
      return predictMove(world, deed);
    case "copy": {
      const item = world.get(deed.path);
      if (item === undefined || !isDirectory(world, parentOf(deed.to))) return refusal(world, "not-found");
      return { after: withItems(world, [[deed.to, item]]) };
    }
    case "copyTree":
    case "sync":
      return predictTree(world, deed);
    case "upload":
      return predictUpload(world, deed, circumstances);
    case "lock":
      if (!isDirectory(world, parentOf(deed.path))) return refusal(world, "not-found");
      // Some servers lock nothing but what is there: an empty file, where nothing was.
      return { after: world, between: looseAt(world, deed.path, { content: [] }) };
    case "has":
      return { after: world };
    case "list":
    case "walk":
    case "download":
      return isDirectory(world, deed.path) ? { after: world } : refusal(world, "not-found");
    case "stat":
    case "get":
    case "getBytes":
    case "readv":
      return world.has(deed.path) ? { after: world } : refusal(world, "not-found");
  }
}

function refusal(world: World, ...refused: readonly ErrorCode[]): Prediction {
  return { refused, after: world };
}

function predictPut(world: World, { path, bytes, createParents }: DeedOf<"put">, { piece }: Circumstances): Prediction {
  const parent = parentOf(path);
  if (isDirectory(world, parent)) return { after: withItems(world, [[path, [piece(bytes)]]]) };
  if (!createParents) return refusal(world, "not-found");
  const made = withItems(world, [[parent, "directory"]]);
  return { after: withItems(made, [[path, [piece(bytes)]]]), beside: loose(made) };
}

function predictAppend(
  world: World,
  { path, bytes }: { readonly path: string; readonly bytes: number },
  { capabilities, piece }: Circumstances,
): Prediction {
  if (!capabilities.append) return refusal(world, "unsupported");
  if (!isDirectory(world, parentOf(path))) return refusal(world, "not-found");
  const old = contentAt(world, path);
  const content = [...old, piece(bytes)];
  const atLeast = old.reduce((sum, each) => sum + each.bytes, 0);
  const after = withItems(world, [[path, content]]);
  return { after, between: looseAt(world, path, { content, atLeast }) };
}

function predictStream(
  world: World,
  { path, bytes }: { readonly path: string; readonly bytes: number },
  { capabilities, piece }: Circumstances,
): Prediction {
  if (!capabilities.writeStream) return refusal(world, "unsupported");
  if (!isDirectory(world, parentOf(path))) return refusal(world, "not-found");
  const content = [piece(bytes)];
  const after = withItems(world, [[path, content]]);
  return { after, between: looseAt(world, path, { content, atLeast: 0 }) };
}

function predictMove(world: World, { verb, path, to }: DeedOf<"rename" | "move">): Prediction {
  const item = world.get(path);
  const target = world.get(to);
  const after = (): World => moved(world, path, to);
  if (item === undefined) {
    // Which of two reasons is named first is nobody's promise.
    return target === "directory" ? refusal(world, "not-found", "is-a-directory") : refusal(world, "not-found");
  }
  if (!isDirectory(world, parentOf(to))) return refusal(world, "not-found");
  if (target !== "directory") return { after: after() };
  if (verb === "move") return refusal(world, "is-a-directory");
  const refused = ["directory-not-empty", "already-exists", "is-a-directory"] as const;
  // An empty directory may be replaced.
  return below(world, to).length > 0 ? refusal(world, ...refused) : { after: after(), mayBeRefused: refused };
}

function predictTree(world: World, { verb, path, to }: DeedOf<"copyTree" | "sync">): Prediction {
  if (world.get(path) !== "directory") return refusal(world, "not-found");
  const items = below(world, path).map(([name, item]): [string, Item] => [`${to}/${name}`, item]);
  const before = verb === "sync" ? without(world, to) : world;
  const after = withItems(before, [[to, "directory"], ...items]);
  return { after, between: anyMixOf(world, after) };
}

function predictUpload(world: World, { to, files }: DeedOf<"upload">, { piece }: Circumstances): Prediction {
  const items = [...files].map(([name, bytes]): [string, Item] => [`${to}/${name}`, [piece(bytes)]]);
  const after = withItems(world, [[to, "directory"], ...items]);
  return { after, between: anyMixOf(world, after) };
}

/** With something else at a path, beside what is there. */
function looseAt(world: World, path: string, ...others: readonly Possible[]): LooseWorld {
  return new Map([...loose(world), [path, [possible(world.get(path)), ...others]]]);
}

function contentAt(world: World, path: string): Content {
  const item = world.get(path);
  return isFile(item) ? item : [];
}
