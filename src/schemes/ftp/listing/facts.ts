import type { EntryType, Stat } from "../../../transport/stat.ts";
import type { ListedEntry, Listing } from "./listed-entry.ts";
import { byteCount, readLines } from "./listed-entry.ts";

/** The facts that are used. A server may tell any number of others: keeping them would let one line take all memory. */
const usedFacts: ReadonlySet<string> = new Set([
  "type",
  "size",
  "modify",
  "unix.mode",
  "unix.uid",
  "unix.owner",
  "unix.gid",
  "unix.group",
]);
const longestFact = "unix.owner".length;

/** The answer to MLSD (RFC 3659 section 7): facts, a space, and the name. */
export function parseMachineListing(text: string): Listing {
  return readLines(text, (line) => {
    const entry = readEntry(line);
    // The directory above is listed, too, and is none of what is in this one.
    return entry?.facts.get("type") === "pdir" ? "skipped" : entry && entryOf(entry);
  });
}

/** One entry of MLST or MLSD; undefined where there are no facts in the line. */
export function parseFacts(line: string): ListedEntry | undefined {
  const entry = readEntry(line);
  return entry && entryOf(entry);
}

/** A time of MLSx, MDTM or MFMT: `20261121083000` or `20261121083000.25`, in UTC; undefined for what is none. */
export function parseTime(text: string): Date | undefined {
  const parts = /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(?:\.([0-9]{1,9}))?$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "0"] = parts;
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, "0").slice(0, 3)}Z`;
  const time = new Date(written);
  // Date takes 30 February for a day in March, and 24:00 for the next day.
  return !Number.isNaN(time.getTime()) && time.toISOString() === written ? time : undefined;
}

interface MachineEntry {
  /** By their names in lower case. */
  readonly facts: ReadonlyMap<string, string>;
  readonly name: string;
}

/** `type=file;size=6; name`. Facts end in a semicolon: a space before it is in a fact, such as the target of a link. Some leave the last one out. */
function readEntry(line: string): MachineEntry | undefined {
  const semicolon = line.indexOf("; ");
  const space = semicolon < 0 ? line.indexOf(" ") : semicolon + 1;
  if (line.startsWith(" ") || space < 1 || space === line.length - 1) return undefined;
  const text = line.slice(0, space);
  const facts = new Map<string, string>();
  let count = 0;
  for (let start = 0; start < space;) {
    const found = text.indexOf(";", start);
    const end = found < 0 ? space : found;
    const fact = text.slice(start, end);
    start = end + 1;
    const equals = fact.indexOf("=");
    if (equals < 1) continue;
    count++;
    const name = equals > longestFact ? "" : fact.slice(0, equals).toLowerCase();
    if (usedFacts.has(name)) facts.set(name, fact.slice(equals + 1));
  }
  const type = facts.get("type");
  if (type !== undefined) facts.set("type", type.toLowerCase());
  return count === 0 ? undefined : { facts, name: line.slice(space + 1) };
}

function entryOf({ facts, name }: MachineEntry): ListedEntry {
  const type = facts.get("type") ?? "";
  return { name, stat: statOf(facts, typeOf(type)), self: type === "cdir" };
}

function typeOf(type: string): EntryType {
  if (type === "dir" || type === "cdir" || type === "pdir") return "directory";
  if (type === "file") return "file";
  return type.startsWith("os.unix=slink") || type.startsWith("os.unix=symlink") ? "link" : "other";
}

function statOf(facts: ReadonlyMap<string, string>, type: EntryType): Stat {
  const mtime = parseTime(facts.get("modify") ?? "");
  // Some give the type's bits as well, 0100644; ProFTPD writes 00 and 07.
  const octal = /^[0-7]{1,7}$/.exec(facts.get("unix.mode") ?? "")?.[0];
  const uid = byteCount(facts.get("unix.uid") ?? facts.get("unix.owner") ?? "");
  const gid = byteCount(facts.get("unix.gid") ?? facts.get("unix.group") ?? "");
  return {
    type,
    sizeBytes: type === "directory" ? 0 : (byteCount(facts.get("size") ?? "") ?? 0),
    ...(mtime === undefined ? {} : { mtime }),
    ...(octal === undefined ? {} : { mode: Number.parseInt(octal, 8) & 0o7777 }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
}
