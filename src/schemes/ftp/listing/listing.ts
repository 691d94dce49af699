import type { ListedEntry } from "./listed-entry.ts";
import { readUnixLine } from "./unix-listing.ts";
export function parseListing(text: string, now: Date): { entries: ListedEntry[] } {
  return {
    entries: text
      .split(/\r?\n/)
      .map((l) => readUnixLine(l, now))
      .filter((e) => e !== undefined),
  };
}
