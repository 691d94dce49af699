import { systemClock } from "../connection/clock.ts";
import type { Stat } from "../transport/stat.ts";
import type { Transport } from "../transport/transport.ts";
import { settledAfterMs } from "./defaults.ts";

const wellFormed = /^(?:W\/)?"[\x21\x23-\x7e]*"$/;

/**
 * The entity tag of a file: the server's own, where it has one. Else it is made of modification time and size, by which this library knows a file everywhere; and weak
 * while the file may be changed once more within one step of the server's clock, which would leave the tag as it is (RFC 9110, 8.8.1). Undefined where too little is known.
 */
export function etagOf(stat: Stat, transport: Transport): string | undefined {
  const { type, etag, mtime, sizeBytes } = stat;
  if (type === "directory") return undefined;
  if (etag !== undefined && wellFormed.test(etag)) return etag;
  if (mtime === undefined || type !== "file") return undefined;
  return `${isSettled(mtime, transport) ? "" : "W/"}"${mtime.getTime().toString(16)}-${sizeBytes.toString(16)}"`;
}

/** Whether a change from now on gives a file another modification time. */
export function isSettled(mtime: Date, { capabilities }: Transport): boolean {
  return systemClock.wallNow() - mtime.getTime() > settledAfterMs + capabilities.mtimeResolutionMs;
}

/** RFC 9110, 8.8.3.2: equal, and neither is weak. */
export function sameStrongly(a: string, b: string): boolean {
  return a === b && !a.startsWith("W/");
}

/** RFC 9110, 8.8.3.2: equal but for their weakness. */
export function sameWeakly(a: string, b: string): boolean {
  return opaque(a) === opaque(b);
}

function opaque(etag: string): string {
  return etag.startsWith("W/") ? etag.slice(2) : etag;
}

const oneTag = /[\t ,]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[\t ]*(?=,|$)/y;

/** The tags of a list as `If-Match` has it, `"*"`, or undefined for what is neither. */
export function parseTags(header: string): "*" | readonly string[] | undefined {
  const text = header.trim();
  if (text === "*") return "*";
  const tags: string[] = [];
  for (oneTag.lastIndex = 0; oneTag.lastIndex < text.length;) {
    const tag = oneTag.exec(text)?.[1];
    if (tag === undefined) return undefined;
    tags.push(tag);
    if (/^[\t ,]*$/.test(text.slice(oneTag.lastIndex))) break;
  }
  return tags;
}
