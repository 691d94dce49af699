import type { EntryType, Stat } from "../../../transport/stat.ts";
import type { ListedEntry, Listing } from "./listed-entry.ts";
import { byteCount, readLines } from "./listed-entry.ts";

/** The answer to MLSD (RFC 3659 section 7): facts, a space, and the name. */
export function parseMachineListing(text: string): Listing {
  return readLines(text, (line) => {
    const facts = factsOf(line);
    // The directory above is listed, too, and is none of what is in this one.
    return facts?.get("type") === "pdir" ? "skipped" : parseFacts(line);
  });
}

/** One entry of MLST or MLSD; undefined where there are no facts in the line. */
export function parseFacts(line: string): ListedEntry | undefined {
  const facts = factsOf(line);
  if (facts === undefined) return undefined;
  const type = facts.get("type") ?? "";
  return { name: line.slice(line.indexOf(" ") + 1), stat: statOf(facts, typeOf(type)), self: type === "cdir" };
}

/** A time of MLSx, MDTM or MFMT: `20261121083000` or `20261121083000.25`, in UTC; undefined for what is none. */
export function parseTime(text: string): Date | undefined {
  const parts = /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(?:\.([0-9]{1,9}))?$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "0"] = parts;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, "0").slice(0, 3)}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** Facts by their names in lower case: `type=file;size=6; name`. */
function factsOf(line: string): ReadonlyMap<string, string> | undefined {
  const end = line.indexOf(" ");
  if (end < 1 || end === line.length - 1) return undefined;
  const facts = new Map<string, string>();
  for (const fact of line.slice(0, end).split(";")) {
    const equals = fact.indexOf("=");
    if (equals > 0) facts.set(fact.slice(0, equals).toLowerCase(), fact.slice(equals + 1));
  }
  const type = facts.get("type");
  if (type !== undefined) facts.set("type", type.toLowerCase());
  return facts.size === 0 ? undefined : facts;
}

function typeOf(type: string): EntryType {
  if (type === "dir" || type === "cdir" || type === "pdir") return "directory";
  if (type === "file") return "file";
  return type.startsWith("os.unix=slink") || type.startsWith("os.unix=symlink") ? "link" : "other";
}

function statOf(facts: ReadonlyMap<string, string>, type: EntryType): Stat {
  const mtime = parseTime(facts.get("modify") ?? "");
  // Some give the type's bits as well: 0100644.
  const octal = /^[0-7]{3,7}$/.exec(facts.get("unix.mode") ?? "")?.[0];
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
