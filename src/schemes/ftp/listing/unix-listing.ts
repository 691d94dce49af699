import type { EntryType } from "../../../transport/stat.ts";
import type { Column } from "./columns.ts";
import { columnsOf } from "./columns.ts";
import type { ListedEntry } from "./listed-entry.ts";
import { byteCount } from "./listed-entry.ts";

const types: Readonly<Partial<Record<string, EntryType>>> = { "-": "file", d: "directory", l: "link" };

/** Words before the name: permissions, links, owner and group, in which some have spaces, size, and three of a date. */
const mostColumns = 14;

/**
 * A line as `ls -l` writes it: `-rw-r--r--   1 joe  users  6 Jan 02  2020 name`, with or without group, with the day before the month, or with
 * `2020-01-02 10:00`. Undefined for what is none. The time is for people, in a zone that nobody names, and is left out.
 */
export function readUnixLine(line: string): ListedEntry | undefined {
  const columns = columnsOf(line, mostColumns);
  const [permissions] = columns;
  if (
    permissions === undefined ||
    line[0] === " " ||
    !/^[-a-zA-Z](?:[-r][-w][-xsStTlL]){3}[+.@]?$/.test(permissions.text)
  )
    return undefined;
  // A month is any word, and "root 0 4096" behind the number of links looks like a date. Before the size there are at least that and an owner.
  const date = columns.findIndex(
    (_column, index) => index > 2 && endOfDate(columns, index) > 0 && isNumber(columns[index - 1]),
  );
  if (date < 0) return undefined;
  // One space is between the date and the name; others belong to the name.
  const rest = line.slice(endOfDate(columns, date) + 1);
  if (rest === "") return undefined;
  const type = types[permissions.text[0] ?? ""] ?? "other";
  // What stands there for a device are its numbers.
  const isDevice = /^[bc]/.test(permissions.text);
  const sizeBytes = isDevice ? 0 : (byteCount(columns[date - 1]?.text ?? "") ?? 0);
  const name = type === "link" ? nameOfLink(rest, sizeBytes) : rest;
  if (name === undefined) return undefined;
  return {
    name,
    self: name === ".",
    stat: { type, sizeBytes: type === "directory" ? 0 : sizeBytes, mode: modeOf(permissions.text) },
  };
}

/** Where a date that begins with a column ends; 0 where none begins. */
function endOfDate(columns: readonly Column[], index: number): number {
  const [first = "", second = "", third = ""] = [0, 1, 2].map((offset) => columns[index + offset]?.text);
  if (/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(first) && isTime(second)) {
    // A zone is behind a time that is told to a fraction of a second.
    const hasZone = second.includes(".") && /^[-+][0-9]{4}$/.test(third);
    return columns[index + (hasZone ? 2 : 1)]?.end ?? 0;
  }
  const inWords = (isMonth(first) && isDay(second)) || (isDay(first) && isMonth(second));
  return inWords && (isTime(third) || /^[0-9]{4}$/.test(third)) ? (columns[index + 2]?.end ?? 0) : 0;
}

/** In whatever language. */
function isMonth(text: string): boolean {
  return text.length >= 3 && text.length <= 8 && !/[0-9:]/.test(text);
}

function isDay(text: string): boolean {
  return /^[0-9]{1,2}$/.test(text);
}

function isTime(text: string): boolean {
  return /^[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?$/.test(text);
}

/** A size, or the numbers of a device: the second of `8, 1`, or `8,1`. */
function isNumber(column: Column | undefined): boolean {
  return column !== undefined && /^(?:[0-9]+,)?[0-9]+$/.test(column.text);
}

/** `rwxr-sr-x`, after the type: three letters each for the owner, the group and all others. */
function modeOf(permissions: string): number {
  let mode = 0;
  for (let index = 0; index < 9; index++) {
    const letter = permissions[index + 1] ?? "-";
    if (/[rwxst]/.test(letter)) mode |= 0o400 >> index;
    // The third of each says in the same letter whether it is set-user-ID, set-group-ID or sticky; Solaris writes l for set-group-ID without x.
    if (/[sStTlL]/.test(letter)) mode |= 0o4000 >> Math.floor(index / 3);
  }
  return mode;
}

/**
 * `name -> target`, either of which may hold an arrow: the size of a link is the length of its target. Undefined where it cannot be told
 * which arrow it is: half of a name is that of something else.
 */
function nameOfLink(text: string, targetLength: number): string | undefined {
  const arrow = " -> ";
  const end = text.length - targetLength - arrow.length;
  if (end > 0 && text.startsWith(arrow, end)) return text.slice(0, end);
  const first = text.indexOf(arrow);
  if (first < 0) return text;
  return first > 0 && text.lastIndexOf(arrow) === first ? text.slice(0, first) : undefined;
}
