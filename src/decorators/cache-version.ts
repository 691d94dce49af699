import type { Clock } from "../connection/clock.ts";
import type { Stat } from "../transport/stat.ts";

/** By what one content of a file is told from the next. */
export interface FileVersion {
  readonly sizeBytes: number;
  readonly mtimeMs: number | undefined;
  readonly etag: string | undefined;
}

/** A version of a file, and when it was known to be there. */
export interface Sighting {
  /** Undefined where there is nothing that could be held: no file, too large a one, or one of which nothing tells when it changes. */
  readonly version: FileVersion | undefined;
  /** By the clock's `now`. */
  readonly seenAt: number;
}

/**
 * Beside the step in which a server says that it stores times: some file systems have a larger one than the protocol (FAT two seconds), and clocks do not
 * tick at every moment.
 */
const marginMs = 2_000;

/** No clock that anybody uses is wrong by more than its zone. */
const longAgoMs = 24 * 60 * 60 * 1_000;

/** The version that a stat tells of, if it is one of a file that is not longer than `maxBytes`, and changes with the content. */
export function versionOf({ type, sizeBytes, mtime, etag }: Stat, maxBytes: number): FileVersion | undefined {
  if (type !== "file" || sizeBytes > maxBytes) return undefined;
  const mtimeMs = mtime?.getTime();
  // A time of 0 is what servers say that keep none. A weak tag may outlive a change (RFC 9110, 8.8.1).
  const tells = (mtimeMs !== undefined && mtimeMs > 0) || etag?.startsWith('"') === true;
  return tells ? { sizeBytes, mtimeMs, etag } : undefined;
}

export function isSameVersion(one: FileVersion, other: FileVersion): boolean {
  return one.sizeBytes === other.sizeBytes && one.mtimeMs === other.mtimeMs && one.etag === other.etag;
}

/**
 * Whether what is read from now on can be told from every later content. A file that changes twice within the step of its times, and stays as long, has
 * the same version before and after: so its content counts for nothing as long as that step may last. The server's own clock is not known; but what
 * was seen for longer than a step cannot be written again within it. A tag does not help: most servers make it from time and size.
 */
export function isSettled({ version, seenAt }: Sighting, stepMs: number, clock: Clock): boolean {
  if (clock.now() - seenAt > stepMs + marginMs) return true;
  if (version === undefined) return false;
  return version.mtimeMs === undefined || clock.wallNow() - version.mtimeMs > longAgoMs + stepMs;
}
