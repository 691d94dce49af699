import { asciiControlCharacter, hasLoneSurrogate } from "./characters.ts";
import { LocationError } from "./location-error.ts";
import type { UrlSyntax } from "./url-syntax.ts";

/** Whether a segment is one name: not a way to another directory, no separator, no end of string. */
export function isName(segment: string): boolean {
  return segment !== "" && segment !== "." && segment !== ".." && !segment.includes("/") && !segment.includes("\0");
}

/** What stands between the slashes, without what means nothing: `.` and empty segments. (`split` takes three times as long.) */
export function splitPath(path: string): string[] {
  const segments: string[] = [];
  for (let from = 0; from < path.length;) {
    let slash = path.indexOf("/", from);
    if (slash < 0) slash = path.length;
    const segment = path.slice(from, slash);
    if (segment !== "" && segment !== ".") segments.push(segment);
    from = slash + 1;
  }
  return segments;
}

/** Whether a path can only mean a directory: it is empty, or ends in `/`, `.` or `..`. */
export function endsAsDirectory(path: string): boolean {
  return /(?:^|\/)\.{0,2}$/.test(path);
}

/**
 * What a plain-text path means below a directory of `depth` segments: how many of those stay, and the names that follow. `.` and `..` are
 * lexical, a leading `/` is the root, nothing is above the root. Nothing is decoded.
 */
export function resolvePath(depth: number, path: string): { kept: number; names: readonly string[] } {
  let kept = path.startsWith("/") ? 0 : depth;
  const names: string[] = [];
  for (const segment of splitPath(path)) {
    if (segment !== "..") names.push(segment);
    else if (names.pop() === undefined && kept > 0) kept--;
  }
  return { kept, names };
}

/** Refuses a plain-text path that no server of this syntax can be told. */
export function checkPath(path: string, syntax: UrlSyntax): void {
  if (typeof path !== "string") throw new LocationError("invalid-path", "a path is a string");
  if (path.includes("\0")) throw new LocationError("invalid-path", "a path cannot hold a NUL character");
  if (hasLoneSurrogate(path)) {
    throw new LocationError("invalid-path", "a path cannot hold half a character (a lone surrogate)");
  }
  if (!syntax.controlCharacters && asciiControlCharacter.test(path)) {
    throw new LocationError(
      "invalid-path",
      "the path has a control character, which servers of this scheme cannot store",
    );
  }
}

/** Whether `segments` are those of `base` or begin with them. Whole segments: `foo` is not above `foo-bar`. */
export function isBelow(base: readonly string[], segments: readonly string[]): boolean {
  if (segments.length < base.length) return false;
  for (let at = 0; at < base.length; at++) if (base[at] !== segments[at]) return false;
  return true;
}
