import type { Effect, ErrorCode } from "../errors/error-code.ts";
import { TransportError, toTransportError } from "../errors/transport-error.ts";
import type { Capabilities } from "../transport/capabilities.ts";
import type { LockInfo } from "../transport/lock.ts";
import type { RawEntry } from "../transport/primitives.ts";
import type { EntryType, Stat } from "../transport/stat.ts";
import type { Verb } from "../transport/verbs.ts";

/**
 * What the two sides say to each other, and how it is written as JSON. A borrower calls, grants, gives and gives up; a lender says hello, answers, and
 * tells what changed.
 *
 * Content goes in both directions only as far as its reader has granted: `more` says by how many bytes.
 */

/** Raised whenever one side would not understand the other. */
export const protocolVersion = 1;

/** What a lender does: the verbs, but for `getBytes`, which is made of `get` on the borrower's side. */
export type ServedVerb = Exclude<Verb, "getBytes">;

/** What a borrower asks for: a verb, or that a lock is given back. */
export type AskedVerb = ServedVerb | "release";

/** What a borrower says. */
export type Asking =
  | {
      readonly say: "call";
      readonly id: number;
      readonly verb: AskedVerb;
      /** Which of the lent transports. */
      readonly lent: number;
      /** Below its base, without dots and slashes that mean nothing. */
      readonly path: string;
      readonly args: object;
    }
  /** The call is given up. */
  | { readonly say: "abort"; readonly id: number }
  /** So many bytes more may be sent. */
  | { readonly say: "more"; readonly id: number; readonly bytes: number }
  /** The body is content to be written. */
  | { readonly say: "data"; readonly id: number }
  /** All of the content was given. */
  | { readonly say: "end"; readonly id: number };

/** What a lender says. */
export type Answer =
  | { readonly say: "hello"; readonly version: number; readonly lent: readonly LentBase[] }
  /** What a server can do is known once somebody has connected. */
  | { readonly say: "capabilities"; readonly lent: number; readonly capabilities: Capabilities }
  | { readonly say: "opened"; readonly id: number; readonly bytes: number }
  | { readonly say: "more"; readonly id: number; readonly bytes: number }
  | { readonly say: "data"; readonly id: number }
  | { readonly say: "entries"; readonly id: number; readonly entries: readonly SaidEntry[] }
  | { readonly say: "done"; readonly id: number; readonly value?: unknown }
  | { readonly say: "failed"; readonly id: number; readonly error: SaidError };

/** A directory that is lent. */
export interface LentBase {
  /** Without a password, and without the decorators that the lender has put around it. */
  readonly url: string;
  readonly capabilities: Capabilities;
}

/** Content that may be on its way to a reader who has taken none of it. */
export const windowBytes: number = 1024 * 1024;

/** Content goes in pieces of that many bytes at most, so that many streams take turns. */
export const pieceBytes: number = 256 * 1024;

/** Content that is sent with its call, so that it can be sent to the server again. */
export const inlineBytes: number = 64 * 1024;

/** Ranges of a `readv` in one call, and bytes in one of them. */
export const maxRanges = 10_000;
export const maxRangeBytes: number = 4 * 1024 * 1024;

/** Pieces of content, none of them too long. */
export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/** A moment as JSON has it: milliseconds since 1970. */
interface SaidStat {
  readonly type: EntryType;
  readonly sizeBytes: number;
  readonly mtime?: number | undefined;
  readonly atime?: number | undefined;
  readonly mode?: number | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly etag?: string | undefined;
}

export function sayStat({ mtime, atime, ...rest }: Stat): SaidStat {
  return { ...rest, mtime: mtime?.getTime(), atime: atime?.getTime() };
}

export function hearStat(said: unknown): Stat {
  const { type, sizeBytes, mtime, atime, mode, uid, gid, etag } = said as SaidStat;
  return {
    type,
    sizeBytes,
    ...(mtime !== undefined && { mtime: new Date(mtime) }),
    ...(atime !== undefined && { atime: new Date(atime) }),
    ...(mode !== undefined && { mode }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    ...(etag !== undefined && { etag }),
  };
}

export interface SaidEntry {
  readonly name: string;
  readonly stat?: SaidStat | undefined;
}

export function sayEntry({ name, stat }: RawEntry): SaidEntry {
  return { name, stat: stat && sayStat(stat) };
}

/** What an entry counts for where bytes are granted. */
export function entryBytes({ name }: { readonly name: string }): number {
  return name.length + 128;
}

export function sayLockInfo({ since, ...rest }: LockInfo): object {
  return { ...rest, since: since?.getTime() };
}

export function hearLockInfo(said: unknown): LockInfo {
  const { since, ...rest } = said as Omit<LockInfo, "since"> & { readonly since?: number };
  return { ...rest, since: since === undefined ? undefined : new Date(since) };
}

/** Of a failure what its caller needs. Verb, URL and path the borrower knows itself; the driver's own error stays with the lender. */
export interface SaidError {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly effect: Effect;
  readonly temporary: boolean;
  readonly hint?: string | undefined;
}

/** No server's words are longer. */
const maxWords = 4_096;

export function sayError(error: unknown): SaidError {
  const { code, reason, effect, temporary, hint } = toTransportError(error);
  return { code, reason: reason.slice(0, maxWords), effect, temporary, hint: hint?.slice(0, maxWords) };
}

export function hearError({ code, reason, effect, temporary, hint }: SaidError): TransportError {
  return new TransportError(code, reason, { effect, temporary, hint });
}
