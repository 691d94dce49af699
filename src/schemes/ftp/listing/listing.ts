import { readDosLine } from "./dos-listing.ts";
import type { Listing } from "./listed-entry.ts";
import { readLines } from "./listed-entry.ts";
import { readUnixLine } from "./unix-listing.ts";

/** The answer to LIST, for which there is no standard: as `ls -l` writes it, or as `dir` does. */
export function parseListing(text: string): Listing {
  return readLines(text, (line) =>
    /^total [0-9]+$/.test(line) ? "skipped" : (readUnixLine(line) ?? readDosLine(line)),
  );
}
