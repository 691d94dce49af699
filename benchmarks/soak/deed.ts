import { mostPieceBytes } from "./content.ts";
import type { Random } from "./random.ts";

/** A part of a file that is asked for, as shares of its length, which is known only when the deed's turn comes. */
export interface Share {
  readonly from: number;
  readonly length: number;
}

/** What becomes of a stream that was opened for reading: read to its end, partly and then destroyed, or left alone. */
export type ReadEnding = "end" | "part" | "destroy" | "forget";

/** Verbs that take the same. */
type Each<Name extends string, Rest> = Name extends Name ? { readonly verb: Name } & Rest : never;

interface At {
  readonly path: string;
}
interface FromTo extends At {
  readonly to: string;
}
interface Writing extends At {
  readonly bytes: number;
}

/** One thing that a clone does. It is chosen without looking at what is there: much of it is refused. */
export type Deed = (
  | Each<"put", Writing & { readonly chunked: boolean; readonly createParents: boolean }>
  | Each<"append", Writing>
  | Each<"openWriteStream", Writing & { readonly ending: "end" | "destroy" }>
  | Each<"get", At & { readonly share: Share | undefined; readonly ending: ReadEnding }>
  | Each<"getBytes", At & { readonly share: Share | undefined }>
  | Each<"readv", At & { readonly shares: readonly Share[]; readonly take: number }>
  | Each<"stat" | "has" | "delete" | "lock" | "list" | "walk" | "mkdir" | "deleteTree" | "download", At>
  | Each<"rename" | "move" | "copy" | "copyTree" | "sync", FromTo>
  | Each<"upload", { readonly to: string; readonly files: ReadonlyMap<string, number> }>
) & {
  /** It is aborted after so many turns of the event loop. */
  readonly abortAfter?: number;
};

export type Verb = Deed["verb"];

/** Those of some verbs. */
export type DeedOf<Name extends Verb> = Extract<Deed, { readonly verb: Name }>;

/** Few names, so that they meet; such as must not be taken for something else on their way. */
const fileNames = ["a", "b b", "c%41", "d-ü"] as const;
const directoryNames = ["dir", "dir two"] as const;
const innerNames = ["x", "y#1", "z"] as const;

/** How often what is done, beside one another. */
const weights = {
  put: 20,
  append: 6,
  openWriteStream: 4,
  get: 7,
  getBytes: 10,
  readv: 5,
  stat: 6,
  has: 3,
  list: 5,
  walk: 3,
  mkdir: 5,
  delete: 4,
  rename: 5,
  move: 4,
  copy: 5,
  deleteTree: 2,
  copyTree: 2,
  sync: 2,
  upload: 2,
  download: 2,
  lock: 2,
} as const satisfies Record<Verb, number>;

const abortedShare = 0.02;

/** What a clone does next. */
export function chooseDeed(random: Random): Deed {
  const deed = chosen(random, random.weighted(weights));
  return random.chance(abortedShare) ? { ...deed, abortAfter: random.whole(0, 12) } : deed;
}

function chosen(random: Random, verb: Verb): Deed {
  switch (verb) {
    case "put":
      return {
        verb,
        path: anyFile(random),
        bytes: length(random),
        chunked: random.chance(0.3),
        createParents: random.chance(0.3),
      };
    case "append":
      return { verb, path: anyFile(random), bytes: length(random) };
    case "openWriteStream":
      return { verb, path: anyFile(random), bytes: length(random), ending: random.chance(0.9) ? "end" : "destroy" };
    case "get":
      return { verb, path: anyFile(random), share: maybeShare(random), ending: random.weighted(readEndings) };
    case "getBytes":
      return { verb, path: anyFile(random), share: maybeShare(random) };
    case "readv":
      return { verb, path: anyFile(random), shares: shares(random), take: random.chance(0.8) ? Infinity : 1 };
    case "stat":
    case "has":
      return { verb, path: random.chance(0.8) ? anyFile(random) : random.pick(directoryNames) };
    case "delete":
    case "lock":
      return { verb, path: anyFile(random) };
    case "list":
    case "walk":
      return { verb, path: random.chance(0.5) ? "" : random.pick(directoryNames) };
    case "mkdir":
    case "download":
      return { verb, path: random.pick(directoryNames) };
    case "deleteTree":
      return { verb, path: random.chance(0.8) ? random.pick(directoryNames) : anyFile(random) };
    case "rename":
    case "move":
      return random.chance(0.75) ? pair(random, verb, anyFile) : pair(random, verb, (by) => by.pick(directoryNames));
    case "copy":
      return pair(random, verb, anyFile);
    case "copyTree":
    case "sync":
      return pair(random, verb, (by) => by.pick(directoryNames));
    case "upload":
      return {
        verb,
        to: random.pick(directoryNames),
        files: new Map(innerNames.map((name) => [name, length(random)])),
      };
  }
}

const readEndings = { end: 70, part: 15, destroy: 14, forget: 1 } as const satisfies Record<ReadEnding, number>;

/** Two places that differ. */
function pair<Name extends Verb>(
  random: Random,
  verb: Name,
  place: (random: Random) => string,
): { readonly verb: Name } & FromTo {
  const path = place(random);
  let to = place(random);
  while (to === path) to = place(random);
  return { verb, path, to };
}

function anyFile(random: Random): string {
  return random.chance(0.6) ? random.pick(fileNames) : `${random.pick(directoryNames)}/${random.pick(innerNames)}`;
}

const lengths = { nothing: 2, small: 60, middling: 30, large: 7, huge: 1 } as const;

/** Most files are small, as everywhere. */
function length(random: Random): number {
  switch (random.weighted(lengths)) {
    case "nothing":
      return 0;
    case "small":
      return random.whole(1, 2_048);
    case "middling":
      return random.whole(2_048, 16_384);
    case "large":
      return random.whole(16_384, 131_072);
    case "huge":
      return random.whole(131_072, mostPieceBytes);
  }
}

function maybeShare(random: Random): Share | undefined {
  return random.chance(0.5) ? undefined : share(random);
}

function share(random: Random): Share {
  const from = random.fraction();
  return { from, length: random.fraction() * (1 - from) };
}

function shares(random: Random): readonly Share[] {
  return Array.from({ length: random.whole(1, 12) }, () => share(random));
}
