import { LocationError } from "./location-error.ts";

const surrogate = /[\ud800-\udfff]/;
const loneSurrogate = /\p{Surrogate}/u;
const noSegments: readonly string[] = [];

/** Whether a segment is one name: not a way to another directory, no separator, no end of string. */
export function isName(segment: string): boolean {
  return segment !== "" && segment !== "." && segment !== ".." && !segment.includes("/") && !segment.includes("\0");
}

/**
 * Resolves a plain-text path against the segments of a directory: `.` and `..` lexically, a leading `/` meaning the root, nothing above
 * the root. Nothing is decoded.
 */
export function resolveSegments(base: readonly string[], path: string): readonly string[] {
  if (path === "" || path === ".") return base;
  if (path.includes("\0")) throw new LocationError("invalid-path", "a path cannot hold a NUL character");
  if (surrogate.test(path) && loneSurrogate.test(path)) {
    throw new LocationError("invalid-path", "a path cannot hold half a character (a lone surrogate)");
  }
  const segments = path.startsWith("/") ? [] : [...base];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") segments.pop();
    else segments.push(segment);
  }
  return segments.length === 0 ? noSegments : segments;
}

/** The segments below `base`, or undefined where `segments` is not below it. Whole segments: `foo` is not above `foo-bar`. */
export function segmentsBelow(base: readonly string[], segments: readonly string[]): readonly string[] | undefined {
  if (segments.length < base.length) return undefined;
  for (let at = 0; at < base.length; at++) if (base[at] !== segments[at]) return undefined;
  return segments.slice(base.length);
}
