import { TransportError } from "../errors/transport-error.ts";
import type { ContentRange } from "./http-range.ts";
import { parseContentRange } from "./http-range.ts";

/** One part of an answer to several ranges. */
export interface BytesPart extends ContentRange {
  readonly bytes: Buffer;
}

/** The head of a part has two lines or three; servers that send more than this send something else. */
export const maxPartHeadBytes: number = 8 * 1024;

const lineEnd = Buffer.from("\r\n");
const headEnd = Buffer.from("\r\n\r\n");

/** The boundary that a `Content-Type` of `multipart/byteranges` names; undefined for any other type. */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const [type = "", ...parameters] = (contentType ?? "").split(";").map((part) => part.trim());
  if (!["multipart/byteranges", "multipart/x-byteranges"].includes(type.toLowerCase())) return undefined;
  const boundary = parameters.find((parameter) => parameter.toLowerCase().startsWith("boundary="));
  const value = boundary?.slice("boundary=".length).replace(/^"(.*)"$/, "$1");
  return value === "" ? undefined : value;
}

/**
 * The parts of a `multipart/byteranges` body (RFC 9110, 14.6). Each says its own length, so that a boundary in the content means nothing.
 *
 * @throws TransportError `protocol-error` for a body that is not one to its end
 */
export function parseByteranges(body: Buffer, boundary: string): readonly BytesPart[] {
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: BytesPart[] = [];
  // What stands before the first delimiter means nothing.
  for (let at = body.indexOf(delimiter); at >= 0;) {
    at += delimiter.length;
    if (body[at] === 0x2d && body[at + 1] === 0x2d) return parts;
    const end = body.indexOf(headEnd, at);
    if (end < 0 || end - at > maxPartHeadBytes) throw malformed();
    const range = contentRangeIn(body.subarray(at, end));
    const from = end + headEnd.length;
    const to = from + range.length;
    if (to > body.length) throw malformed();
    parts.push({ ...range, bytes: body.subarray(from, to) });
    at = nextDelimiter(body, to, delimiter);
  }
  throw malformed();
}

/** Right behind a part, on a line of its own, is the next delimiter. */
function nextDelimiter(body: Buffer, at: number, delimiter: Buffer): number {
  const start = body.subarray(at, at + lineEnd.length).equals(lineEnd) ? at + lineEnd.length : at;
  return body.subarray(start, start + delimiter.length).equals(delimiter) ? start : -1;
}

/** The field's value in the lines of a head. */
const contentRange = /(?:^|\r\n)[ \t]*content-range[ \t]*:([^\r\n]*)/i;

function contentRangeIn(head: Buffer): ContentRange {
  const range = parseContentRange(contentRange.exec(head.toString("latin1"))?.[1]);
  if (range === undefined) throw malformed();
  return range;
}

function malformed(): TransportError {
  return new TransportError("protocol-error", "the server's answer to several ranges is malformed");
}
