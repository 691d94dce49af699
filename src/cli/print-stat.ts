import type { EntryType, Stat } from "../index.ts";

/** A stat as JSON has it: times in ISO 8601, the mode in octal, sizes in bytes. */
export function statObject({ type, sizeBytes, mtime, atime, mode, uid, gid, etag }: Stat): object {
  return { type, sizeBytes, mtime, atime, mode: mode === undefined ? undefined : octal(mode), uid, gid, etag };
}

/** What `stat` shows of one place. */
export function statLines(url: string, stat: Stat, target: string | undefined): string[] {
  const { type, sizeBytes, mtime, mode, uid, gid } = stat;
  const rows: [string, string][] = [["type", type]];
  if (target !== undefined) rows.push(["target", target]);
  rows.push(["size", `${sizeBytes} bytes`]);
  if (mode !== undefined) rows.push(["mode", `${octal(mode)} ${permissions(stat)}`]);
  if (uid !== undefined) rows.push(["owner", `${uid}:${gid ?? "?"}`]);
  if (mtime !== undefined) rows.push(["mtime", mtime.toISOString()]);
  return [url, ...rows.map(([name, value]) => `  ${name.padEnd(6)}  ${value}`)];
}

const typeLetters: Readonly<Record<EntryType, string>> = { file: "-", directory: "d", link: "l", other: "?" };

/** `-rw-r--r--`; question marks where the server does not say. */
export function permissions({ type, mode }: Stat): string {
  if (mode === undefined) return `${typeLetters[type]}?????????`;
  const letter = (bit: number, shown: string): string => ((mode & bit) === 0 ? "-" : shown);
  const last = (execute: number, special: number, both: string, alone: string): string => {
    if ((mode & special) === 0) return letter(execute, "x");
    return (mode & execute) === 0 ? alone : both;
  };
  const owner = letter(0o400, "r") + letter(0o200, "w") + last(0o100, 0o4000, "s", "S");
  const group = letter(0o040, "r") + letter(0o020, "w") + last(0o010, 0o2000, "s", "S");
  const others = letter(0o004, "r") + letter(0o002, "w") + last(0o001, 0o1000, "t", "T");
  return typeLetters[type] + owner + group + others;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
