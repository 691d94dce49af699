import { readdirSync } from "node:fs";

/**
 * The paths that an absolute glob(7) pattern stands for, in byte order: `*`, `?` and `[…]` within one segment, and no leading dot unless it is
 * written. A pattern without any of them stands for itself, whether the file is there or not.
 */
export function expandGlob(pattern: string): string[] {
  const segments = pattern.split("/");
  let found = [""];
  for (const [index, segment] of segments.entries()) {
    if (index === 0) continue;
    found = /[*?[]/.test(segment)
      ? found.flatMap((directory) =>
          namesIn(directory)
            .filter((name) => matchesSegment(name, segment))
            .map((name) => `${directory}/${name}`),
        )
      : found.map((directory) => `${directory}/${segment}`);
  }
  return found;
}

/** What cannot be listed holds no match, as for glob(7). */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(`${directory}/`).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  } catch {
    return [];
  }
}

function matchesSegment(name: string, segment: string): boolean {
  return (segment.startsWith(".") || !name.startsWith(".")) && segmentPattern(segment).test(name);
}

function segmentPattern(segment: string): RegExp {
  const source = segment.replaceAll(
    /\[([!^]?)(\]?[^\]]+)\]|\*+|[^]/g,
    (token, negated: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${negated === "" ? "" : "^"}${set.replaceAll(/[\\\]^[]/g, String.raw`\$&`)}]`;
      if (token.startsWith("*")) return ".*";
      return token === "?" ? "." : token.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
    },
  );
  try {
    return new RegExp(`^${source}$`, "s");
  } catch {
    return /(?!)/; // A range such as [z-a] holds nothing.
  }
}
