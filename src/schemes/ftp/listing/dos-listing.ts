import type { EntryType } from "../../../transport/stat.ts";
import { columnsOf } from "./columns.ts";
import type { ListedEntry } from "./listed-entry.ts";
import { byteCount } from "./listed-entry.ts";

const kinds: ReadonlyMap<string, EntryType> = new Map([
  ["<DIR>", "directory"],
  ["<JUNCTION>", "link"],
  ["<SYMLINK>", "link"],
  ["<SYMLINKD>", "link"],
]);

/** Such a word stands in a column of this width. */
const kindWidth = 15;

/**
 * A line as IIS and `dir` write it: `02-23-05  09:21PM  <DIR>          name`, `02-23-2005  21:21  1,234 name`, `2005-02-23  09:21 PM  1234 name`.
 * Undefined for what is none. The time is for people, in a zone that nobody names, and is left out.
 */
export function readDosLine(line: string): ListedEntry | undefined {
  const [date, time, third, fourth] = columnsOf(line, 4);
  if (date === undefined || time === undefined || third === undefined) return undefined;
  if (!/^(?:[0-9]{2}[-/.][0-9]{2}[-/.](?:[0-9]{2}|[0-9]{4})|[0-9]{4}-[0-9]{2}-[0-9]{2})$/.test(date.text))
    return undefined;
  if (!/^[0-9]{2}:[0-9]{2}(?:[AP]M)?$/i.test(time.text)) return undefined;
  const what = /^[AP]M$/i.test(third.text) ? fourth : third;
  if (what === undefined) return undefined;
  const kind = kinds.get(what.text.toUpperCase());
  const sizeBytes = kind === undefined ? lengthOf(what.text) : 0;
  if (sizeBytes === undefined) return undefined;
  const rest = line.slice(what.end);
  const text = kind === undefined ? rest.slice(1) : afterKind(rest, kindWidth - what.text.length);
  const name = kind === "link" ? nameOfLink(text) : text;
  if (name === "") return undefined;
  return { name, self: name === ".", stat: { type: kind ?? "file", sizeBytes } };
}

/** `1234567`, `1,234,567` or `1.234.567`. */
function lengthOf(text: string): number | undefined {
  return byteCount(/^[0-9]{1,3}(?:[.,][0-9]{3})+$/.test(text) ? text.replaceAll(/[.,]/g, "") : text);
}

/** Behind a column of fixed width, spaces belong to the name; where there are fewer, it is no such column. */
function afterKind(rest: string, width: number): string {
  if (rest.startsWith(" ".repeat(width))) return rest.slice(width);
  let start = 0;
  while (rest[start] === " ") start++;
  return rest.slice(start);
}

/** `name [target]`; not every server tells the target. */
function nameOfLink(text: string): string {
  const bracket = text.endsWith("]") ? text.lastIndexOf(" [") : -1;
  return bracket < 0 ? text : text.slice(0, bracket);
}
