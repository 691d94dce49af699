import picomatch from "picomatch";

import { TransportError } from "../errors/transport-error.ts";
import { requireGlobOptions } from "./require-filter.ts";
import type { EntryFilter } from "./tree-options.ts";
import type { WalkedEntry } from "./walk.ts";

/** Patterns, one or many. */
export type Patterns = string | readonly string[];

/** Which paths are taken, relative to the base. */
export interface GlobOptions {
  /** Only files and links that match one of these, or are below a directory that does. Every directory is entered all the same. Default: everything. */
  readonly include?: Patterns | undefined;
  /** Nothing that matches one of these, and nothing below it. Wins over `include`. */
  readonly exclude?: Patterns | undefined;
}

/** Whether a pattern is meant for something; `directory`: whether that is one. */
type Matcher = (path: string, name: string, directory: boolean) => boolean;

/** Longer paths match no pattern: no server's file has one, and matching takes more than linear time. */
const maxPathLength = 4_096;

/** Names are the server's, so nothing in them is special; in patterns `*`, `?`, `[…]`, `{a,b}` and the backslash before any of these are, and no more. */
const syntax: picomatch.PicomatchOptions = {
  dot: true,
  noextglob: true,
  nonegate: true,
  strictSlashes: true,
  windows: false,
};

/**
 * A filter made of patterns, written as for gitignore. One without a slash matches a name at any depth (`*.tmp`), one with a slash a path from the base
 * (`/build`, `docs/*.md`), in which two stars stand for any number of directories; with a slash at its end it means directories only. Stars and question
 * marks match names that begin with a dot, too.
 *
 * @throws TransportError `invalid-path` for a pattern that means nothing
 */
export function globs(options: GlobOptions): EntryFilter {
  requireGlobOptions(options);
  const { include, exclude } = options;
  const included = matchersOf(include);
  const excluded = matchersOf(exclude);
  return ({ name, path, stat }: WalkedEntry): boolean => {
    const directory = stat.type === "directory";
    if (excluded.some((matches) => matches(path, name, directory))) return false;
    return directory || included.length === 0 || included.some((matches) => matchesWithin(matches, path));
  };
}

/** Whether a file, or a directory that it is in, is meant. */
function matchesWithin(matches: Matcher, path: string): boolean {
  for (let start = 0, end = path.indexOf("/"); end >= 0; start = end + 1, end = path.indexOf("/", start))
    if (matches(path.slice(0, end), path.slice(start, end), true)) return true;
  return matches(path, path.slice(path.lastIndexOf("/") + 1), false);
}

function matchersOf(patterns: Patterns = []): readonly Matcher[] {
  return (typeof patterns === "string" ? [patterns] : patterns).map(matcherOf);
}

function matcherOf(pattern: string): Matcher {
  const onlyDirectories = pattern.endsWith("/");
  const trimmed = onlyDirectories ? pattern.slice(0, -1) : pattern;
  const glob = trimmed.startsWith("/") ? trimmed.slice(1) : trimmed;
  if (glob === "" || glob.startsWith("/") || glob.endsWith("/"))
    throw new TransportError("invalid-path", `the pattern ${JSON.stringify(pattern)} matches nothing`, {
      hint: "Patterns look like *.tmp, /build or docs/**",
    });
  const matches = picomatch(asPicomatch(glob), syntax);
  const ofName = !trimmed.includes("/");
  return (path, name, directory) =>
    (directory || !onlyDirectories) && path.length <= maxPathLength && matches(ofName ? name : path);
}

/** Parentheses and bars would be parts of a regular expression; a class is negated as in a shell, `[!a]`. */
function asPicomatch(glob: string): string {
  return glob.replaceAll(/\\.|\[!|[()|]/gsu, (found) => {
    if (found === "[!") return "[^";
    return found.length > 1 ? found : `\\${found}`;
  });
}
