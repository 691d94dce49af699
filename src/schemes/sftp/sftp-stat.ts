import { TransportError } from "../../errors/transport-error.ts";
import type { EntryType, Stat } from "../../transport/stat.ts";
import type { SftpAttributes } from "./protocol/attributes.ts";
import { fileType } from "./protocol/messages.ts";

const types: Readonly<Record<number, EntryType>> = {
  [fileType.directory]: "directory",
  [fileType.regular]: "file",
  [fileType.link]: "link",
};

/** What the attributes say that something is; a server that gives no permissions gives no types either. */
export function typeOf({ permissions }: SftpAttributes): EntryType {
  return permissions === undefined ? "other" : (types[permissions & fileType.mask] ?? "other");
}

/** The twelve permission bits. */
export function modeOf({ permissions }: SftpAttributes): number | undefined {
  return permissions === undefined ? undefined : permissions & 0o7777;
}

export function statOf(attributes: SftpAttributes): Stat {
  const { size = 0, owner, times } = attributes;
  const mode = modeOf(attributes);
  return {
    type: typeOf(attributes),
    sizeBytes: size,
    ...(mode === undefined ? undefined : { mode }),
    ...(times === undefined
      ? undefined
      : { mtime: new Date(times.modified * 1000), atime: new Date(times.accessed * 1000) }),
    ...owner,
  };
}

const lastSecond = 0xffff_ffff;

/** The first and the last time that SFTP can say, in milliseconds since 1970. */
export const mtimeRangeMs: readonly [earliest: number, latest: number] = [0, lastSecond * 1000];

/** A time as SFTP says it, in whole seconds. */
export function secondsOf(time: Date): number {
  const seconds = Math.floor(time.getTime() / 1000);
  if (seconds >= 0 && seconds <= lastSecond) return seconds;
  throw new TransportError("unsupported", `SFTP can only say times from 1970 to 2106, not ${time.toISOString()}`);
}
