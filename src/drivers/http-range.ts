import { TransportError } from "../errors/transport-error.ts";
import type { HttpHeaders } from "./http-message.ts";

/** A part of a file, in bytes; to the end where no length is given. */
export interface HttpRange {
  readonly offset: number;
  readonly length: number | undefined;
}

/** What a server says that it sends: RFC 9110, 14.4. */
export interface ContentRange {
  readonly offset: number;
  readonly length: number;
  /** Bytes of the whole file, where the server knows. */
  readonly total: number | undefined;
}

/** The value of `Range` for some parts, each of one byte or more. */
export function formatRanges(ranges: readonly HttpRange[]): string {
  const parts = ranges.map(({ offset, length }) => `${offset}-${length === undefined ? "" : offset + length - 1}`);
  return `bytes=${parts.join(",")}`;
}

/** Reads a `Content-Range` of bytes; undefined for what is none. */
export function parseContentRange(text: string | undefined): ContentRange | undefined {
  const match = /^\s*bytes\s+(\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)\s*$/i.exec(text ?? "");
  if (match === null) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2])];
  const total = match[3] === "*" ? undefined : Number(match[3]);
  if (last < first || (total !== undefined && last >= total) || !Number.isSafeInteger(last)) return undefined;
  return { offset: first, length: last - first + 1, total };
}

/** The length of a file as an answer to a range that it does not reach says it: a 416's bare total. */
export function parseUnsatisfied(text: string | undefined): number | undefined {
  const match = /^\s*bytes\s+\*\/(\d{1,16})\s*$/i.exec(text ?? "");
  return match === null ? undefined : Number(match[1]);
}

/**
 * What a 206 to a single range holds. It must be what was asked for, to its end or to the end of the file: a shorter answer would look like
 * a shorter file.
 *
 * @throws TransportError `protocol-error`
 */
export function checkedRange(headers: HttpHeaders, asked: HttpRange): ContentRange {
  const range = parseContentRange(headers.get("content-range"));
  if (range === undefined) throw wrongRange("does not say which part of the file it sends");
  if (range.offset !== asked.offset) throw wrongRange(`sends the part from byte ${range.offset}, not ${asked.offset}`);
  if (asked.length !== undefined && range.length > asked.length) throw wrongRange("sends more than was asked for");
  const reachesEnd =
    range.total === undefined ? asked.length === undefined : range.offset + range.length === range.total;
  if (range.length !== asked.length && !reachesEnd) throw wrongRange("sends less than was asked for");
  return range;
}

function wrongRange(what: string): TransportError {
  return new TransportError("protocol-error", `the server ${what}`);
}
