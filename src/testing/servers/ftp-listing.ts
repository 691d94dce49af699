import type { FtpEntry } from "./ftp-entries.ts";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const letters = { file: "-", directory: "d", link: "l" };
/** `ls` tells the time of day of what is younger, and the year of the rest: half a mean year. */
const recentMs = (365.2425 / 2) * 24 * 60 * 60 * 1000;

/** The lines of LIST, without their ends. Times are UTC. */
export const listingLines: Readonly<Record<"unix" | "dos", (entry: FtpEntry, now: Date) => string>> = {
  /** `-rw-r--r--    1 0        0             5 Nov 21 08:02 name` */
  unix({ name, stat, target }, now) {
    const { type, mode, links, sizeBytes, mtime } = stat;
    const columns = [
      `${letters[type]}${modeLetters(mode)}`,
      String(links).padStart(4),
      "0".padEnd(8),
      "0".padEnd(8),
      String(sizeBytes).padStart(8),
      unixTime(mtime, now),
      target === undefined ? name : `${name} -> ${target}`,
    ];
    return columns.join(" ");
  },
  /** `11-21-26  08:02AM                    5 name` */
  dos({ name, stat }) {
    const size = stat.type === "directory" ? "<DIR>".padEnd(14) : String(stat.sizeBytes).padStart(14);
    return `${dosTime(stat.mtime)}       ${size} ${name}`;
  },
};

function modeLetters(mode: number): string {
  const user = rightLetters(mode >> 6) + executeLetter(mode & 0o100, mode & 0o4000, "s");
  const group = rightLetters(mode >> 3) + executeLetter(mode & 0o010, mode & 0o2000, "s");
  const others = rightLetters(mode) + executeLetter(mode & 0o001, mode & 0o1000, "t");
  return user + group + others;
}

function rightLetters(bits: number): string {
  return `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}`;
}

function executeLetter(execute: number, special: number, letter: string): string {
  if (special !== 0) return execute === 0 ? letter.toUpperCase() : letter;
  return execute === 0 ? "-" : "x";
}

function unixTime(time: Date, now: Date): string {
  const day = `${months[time.getUTCMonth()]} ${twoDigits(time.getUTCDate())}`;
  const age = now.getTime() - time.getTime();
  if (age < 0 || age > recentMs) return `${day}  ${time.getUTCFullYear()}`;
  return `${day} ${twoDigits(time.getUTCHours())}:${twoDigits(time.getUTCMinutes())}`;
}

function dosTime(time: Date): string {
  const day = [time.getUTCMonth() + 1, time.getUTCDate(), time.getUTCFullYear() % 100].map(twoDigits).join("-");
  const hours = time.getUTCHours();
  return `${day}  ${twoDigits(hours % 12 || 12)}:${twoDigits(time.getUTCMinutes())}${hours < 12 ? "AM" : "PM"}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
