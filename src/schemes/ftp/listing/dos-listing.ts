import type { EntryType } from "../../../transport/stat.ts";
import { columnsOf } from "./columns.ts";
import type { ListedEntry } from "./listed-entry.ts";
import { byteCount } from "./listed-entry.ts";

const kinds: Readonly<Partial<Record<string, EntryType>>> = {
  "<DIR>": "directory",
  "<JUNCTION>": "link",
  "<SYMLINK>": "link",
  "<SYMLINKD>": "link",
};

/** Such a word stands in a column of this width. */
const kindWidth = 15;

/**
 * A line as IIS and `dir` write it: `02-23-05  09:21PM  <DIR>          name`, `02-23-2005  21:21  1,234 name`. Undefined for what is none. The time is
 * for people, in a zone that nobody names, and is left out.
 */
export function readDosLine(line: string): ListedEntry | undefined {
  const [date, time, what] = columnsOf(line, 3);
  if (date === undefined || time === undefined || what === undefined) return undefined;
  if (!/^[0-9]{2}[-/.][0-9]{2}[-/.](?:[0-9]{2}|[0-9]{4})$/.test(date.text)) return undefined;
  if (!/^[0-9]{2}:[0-9]{2}(?:[AP]M)?$/i.test(time.text)) return undefined;
  const kind = kinds[what.text.toUpperCase()];
  const sizeBytes = byteCount(what.text.replaceAll(/[.,]/g, ""));
  if (kind === undefined && sizeBytes === undefined) return undefined;
  const rest = line.slice(what.end);
  const width = kindWidth - what.text.length;
  const padding = kind !== undefined && rest.startsWith(" ".repeat(width)) ? width : 1;
  const name = kind === "link" ? rest.slice(padding).replace(/ \[[^[]*\]$/, "") : rest.slice(padding);
  if (name === "") return undefined;
  return { name, self: name === ".", stat: { type: kind ?? "file", sizeBytes: sizeBytes ?? 0 } };
}
