import type { Stat } from "../index.ts";
import { bytesText } from "./format-amounts.ts";
import { permissions, statObject } from "./print-stat.ts";
import { printable } from "../operations/printable.ts";

/** One line of a listing. */
export interface ListedEntry {
  /** As it is shown: a name, or below a walked directory a path. */
  readonly shown: string;
  readonly name: string;
  readonly url: string;
  /** Where it was asked for. */
  readonly stat: Stat | undefined;
  /** What a link holds, where it was asked for. */
  readonly target: string | undefined;
}

/** On a terminal names are made harmless; into a file or a pipe they go as they are. */
export function shownName(name: string): string {
  return process.stdout.isTTY ? printable(name) : name;
}

export function nameLine({ shown }: ListedEntry): string {
  return shownName(shown);
}

/** `human`: the size as people read it. */
export function longLine(entry: ListedEntry, human: boolean): string {
  const { stat, target } = entry;
  const name = nameLine(entry);
  if (stat === undefined) return `${"?".repeat(10)} ${name}`;
  const owner = `${stat.uid ?? "?"}:${stat.gid ?? "?"}`.padEnd(11);
  const size = human ? bytesText(stat.sizeBytes).padStart(8) : String(stat.sizeBytes).padStart(12);
  const leads = target === undefined ? "" : ` -> ${shownName(target)}`;
  return `${permissions(stat)} ${owner} ${size} ${localTime(stat.mtime)} ${name}${leads}`;
}

export function jsonLine({ shown, name, url, stat, target }: ListedEntry): string {
  return JSON.stringify({ name, path: shown, url, ...(stat === undefined ? {} : statObject(stat)), target });
}

/** To the minute, in the time zone of whoever reads it. */
function localTime(time: Date | undefined): string {
  if (time === undefined) return "?".padEnd(16);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}`;
}
