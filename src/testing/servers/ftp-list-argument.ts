import type { FtpEntry } from "./ftp-entries.ts";
import { listingLines } from "./ftp-listing.ts";
import type { FtpSession } from "./ftp-session.ts";

export interface FtpListArgument {
  readonly path: string;
  /** What was asked for, as it was written. */
  readonly name: string;
  /** Whether names with a dot in front are listed too. */
  readonly all: boolean;
}

/** Takes apart what follows LIST, NLST and STAT: options of `ls` if it begins with a hyphen, and a path or nothing. */
export function parseListArgument(session: FtpSession, argument: string): FtpListArgument {
  const [, options = "", rest = ""] = /^(-\S*)(?: (.*))?$/s.exec(argument) ?? [];
  const name = options === "" ? argument : rest;
  return { path: name === "" ? session.directory : session.path(name), name, all: options.includes("a") };
}

/** The lines of LIST. */
export function listLines(entries: readonly FtpEntry[], how: FtpListOptions): string[] {
  const now = new Date();
  return visibleEntries(entries, how).map((entry) => listingLines[how.listing](entry, now));
}

export interface FtpListOptions extends Pick<FtpListArgument, "all"> {
  readonly listing: "unix" | "dos";
}

/** What `ls`, or `dir`, shows of a directory; what was asked for by its own name is shown whatever the name is. */
export function visibleEntries(entries: readonly FtpEntry[], { all, listing }: FtpListOptions): readonly FtpEntry[] {
  const isDirectory = entries[0]?.kind !== undefined;
  if (!isDirectory || (all && listing === "unix")) return entries;
  return entries.filter(({ name, kind }) => kind === undefined && (listing === "dos" || !name.startsWith(".")));
}
