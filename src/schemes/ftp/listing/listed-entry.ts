import { TransportError } from "../../../errors/transport-error.ts";
import type { Stat } from "../../../transport/stat.ts";

/** One line of a listing. Text of the server's is bytes, one to a character. */
export interface ListedEntry {
  readonly name: string;
  readonly stat: Stat;
  /** Whether it is the directory itself that is listed. */
  readonly self: boolean;
}

/** What could be read of a listing, and the lines that could not. */
export interface Listing {
  readonly entries: readonly ListedEntry[];
  readonly unreadable: readonly string[];
}

/** Directories of today have fewer entries; beyond it a server wants something else than to list. */
const maxEntries = 1_000_000;

/** Reads a listing line by line; `read` answers with nothing for a line that it cannot read. */
export function readLines(text: string, read: (line: string) => ListedEntry | "skipped" | undefined): Listing {
  const entries: ListedEntry[] = [];
  const unreadable: string[] = [];
  for (let start = 0; start < text.length;) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    const line = text.slice(start, end > start && text[end - 1] === "\r" ? end - 1 : end);
    start = end + 1;
    if (line === "") continue;
    if (entries.length + unreadable.length >= maxEntries)
      throw new TransportError("protocol-error", `the listing has more than ${maxEntries} entries`);
    const entry = read(line);
    if (entry === undefined) unreadable.push(line);
    else if (entry !== "skipped") entries.push(entry);
  }
  return { entries, unreadable };
}

/** A number of bytes; undefined for what is none, or larger than any file. */
export function byteCount(digits: string): number | undefined {
  return /^[0-9]{1,16}$/.test(digits) && Number.isSafeInteger(Number(digits)) ? Number(digits) : undefined;
}
