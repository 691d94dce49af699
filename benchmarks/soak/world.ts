import type { Content } from "./content.ts";

/** Something that a clone has on a server. */
export type Item = "directory" | Content;

/** What a clone has on a server, by path. Replaced, never changed, so that what may be there can be remembered. */
export type World = ReadonlyMap<string, Item>;

/** What may be in one place: nothing, a directory, a file, or a file of which at least so many of its bytes are there, from the first. */
export type Possible = "nothing" | "directory" | { readonly content: Content; readonly atLeast?: number };

/** What may be there after something of which nobody knows whether it happened: one of these for each path. */
export type LooseWorld = ReadonlyMap<string, readonly Possible[]>;

export const emptyWorld: World = new Map();

export function parentOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

/** Whether what is at the path is there, the top included. */
export function isDirectory(world: World, path: string): boolean {
  return path === "" || world.get(path) === "directory";
}

export function isFile(item: Item | undefined): item is Content {
  return item !== undefined && item !== "directory";
}

/** The paths below a directory, as they are relative to it, with what is there. */
export function below(world: World, directory: string): [path: string, item: Item][] {
  const prefix = directory === "" ? "" : `${directory}/`;
  return [...world]
    .filter(([path]) => path.startsWith(prefix))
    .map(([path, item]) => [path.slice(prefix.length), item]);
}

export function withItems(world: World, items: Iterable<readonly [path: string, item: Item]>): World {
  return new Map([...world, ...items]);
}

/** Without what is at a path and below it. */
export function without(world: World, path: string): World {
  return new Map([...world].filter(([other]) => other !== path && !other.startsWith(`${path}/`)));
}

/** With all that was at one path, and below it, at another. */
export function moved(world: World, from: string, to: string): World {
  const items = [["", world.get(from) as Item] as const, ...below(world, from)];
  return withItems(
    without(without(world, to), from),
    items.map(([path, item]) => [path === "" ? to : `${to}/${path}`, item]),
  );
}

export function loose(world: World): LooseWorld {
  return new Map([...world].map(([path, item]) => [path, [possible(item)]]));
}

export function possible(item: Item | undefined): Possible {
  return item === undefined || item === "directory" ? (item ?? "nothing") : { content: item };
}

/** Each path as in one of two worlds, whatever the others are: something that goes through many files stopped on the way. */
export function anyMixOf(before: World, after: World): LooseWorld {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return new Map([...paths].map((path) => [path, [possible(before.get(path)), possible(after.get(path))]]));
}
