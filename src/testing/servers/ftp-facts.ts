import type { FtpEntry } from "./ftp-entries.ts";

/** Facts of MLSD and MLST that the server knows (RFC 3659, 7.5). */
export type FtpFactName = "type" | "size" | "modify" | "perm" | "unique" | "UNIX.mode";

const facts: Readonly<Record<FtpFactName, (entry: FtpEntry) => string | undefined>> = {
  type: ({ kind, stat, target }) => {
    if (kind !== undefined) return kind;
    if (stat.type !== "link") return stat.type === "directory" ? "dir" : "file";
    // A fact ends at the first semicolon, and all of them at the first space: a target with these cannot be told.
    return target === undefined || /[; ]/.test(target) ? "OS.unix=symlink" : `OS.unix=slink:${target}`;
  },
  size: ({ stat }) => (stat.type === "file" ? String(stat.sizeBytes) : undefined),
  modify: ({ stat }) => ftpTime(stat.mtime),
  perm: ({ stat, readOnly }) => {
    if (stat.type === "directory") return readOnly ? "el" : "cdeflmp";
    return readOnly ? "r" : "adfrw";
  },
  unique: ({ stat }) => stat.id.toString(16),
  "UNIX.mode": ({ stat }) => `0${stat.mode.toString(8).padStart(3, "0")}`,
};

export const ftpFactNames: readonly FtpFactName[] = Object.keys(facts) as FtpFactName[];

/** A line of MLSD, without its end. */
export function factLine(entry: FtpEntry, names: readonly FtpFactName[]): string {
  const told = names.map((name) => [name, facts[name](entry)] as const);
  const known = told.filter(([, value]) => value !== undefined);
  return `${known.map(([name, value]) => `${name}=${value};`).join("")} ${entry.name}`;
}

/** Facts as FEAT lists them: those that are told have an asterisk. */
export function factFeature(names: readonly FtpFactName[]): string {
  return ftpFactNames.map((name) => `${name}${names.includes(name) ? "*" : ""};`).join("");
}

/** The facts that `OPTS MLST` asks for, as far as they are known. */
export function chooseFacts(list: string): FtpFactName[] {
  const wanted = new Set(list.toLowerCase().split(";"));
  return ftpFactNames.filter((name) => wanted.has(name.toLowerCase()));
}

/** A time as RFC 3659 has it: `20260102030405`. */
export function ftpTime(date: Date): string {
  return date.toISOString().replaceAll(/[-T:]|\..*/g, "");
}

/** The time that a stamp means; undefined where it means none. */
export function parseFtpTime(stamp: string): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,3})?$/.exec(stamp);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = ""] = parts;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
