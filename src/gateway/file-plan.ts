import type { Stat } from "../transport/stat.ts";
import { contentTypeOf, policyFor } from "./content-types.ts";
import { maxRanges } from "./defaults.ts";
import { etagOf, isSettled, sameStrongly } from "./etag.ts";
import type { Content } from "./file-content.ts";
import { partsContent, spanContent } from "./file-content.ts";
import type { GatewayRequest } from "./gateway-request.ts";
import { parseHttpDate, toSeconds } from "./http-date.ts";
import { multipartOf } from "./multipart.ts";
import type { ByteSpan } from "./ranges.ts";
import { contentRange, lengthOf, spansOf } from "./ranges.ts";
import { Refusal } from "./refusal.ts";

type Headers = Readonly<Record<string, string | number>>;

/** An answer to GET that was decided upon. */
export interface FilePlan {
  readonly status: 200 | 206;
  readonly headers: Headers;
  readonly content: Content;
  /** Whether all of it comes from one opening of the file, which goes on being the same file when somebody puts another in its place. */
  readonly opensOnce: boolean;
}

/** What is told of a file whatever is asked. */
export function factsOf({ path, transport }: GatewayRequest, stat: Stat): Record<string, string> {
  const contentType = contentTypeOf(path);
  const etag = etagOf(stat, transport);
  return {
    "content-type": contentType,
    "content-security-policy": policyFor(contentType),
    ...(stat.mtime !== undefined && { "last-modified": stat.mtime.toUTCString() }),
    ...(etag !== undefined && { etag }),
    ...(stat.type === "file" && { "accept-ranges": "bytes" }),
  };
}

/**
 * How a GET is to be answered, once its preconditions hold.
 *
 * @throws Refusal 416
 */
export function planOf(request: GatewayRequest, stat: Stat, headers: Record<string, string>): FilePlan {
  const { sizeBytes } = stat;
  // What is made up on the way has no length before it is read.
  if (stat.type !== "file") return { status: 200, headers, content: spanContent(request, undefined), opensOnce: true };
  const spans = wantedSpans(request, stat);
  if (spans === undefined) {
    // Of files that the kernel makes up the length is said to be 0, whatever is in them.
    const whole = sizeBytes === 0 ? undefined : { first: 0, last: sizeBytes - 1 };
    return {
      status: 200,
      headers: { ...headers, "content-length": sizeBytes },
      content: spanContent(request, whole),
      opensOnce: true,
    };
  }
  const [only, ...others] = spans;
  if (only === undefined)
    throw new Refusal(416, "the file does not reach that far", { "content-range": `bytes */${sizeBytes}` });
  if (others.length === 0) {
    const about = { "content-range": contentRange(only, sizeBytes), "content-length": lengthOf(only) };
    return { status: 206, headers: { ...headers, ...about }, content: spanContent(request, only), opensOnce: true };
  }
  const frame = multipartOf(spans, headers["content-type"] as string, sizeBytes);
  const about = { "content-type": frame.contentType, "content-length": frame.lengthBytes };
  return {
    status: 206,
    headers: { ...headers, ...about },
    content: partsContent(request, spans, frame),
    opensOnce: false,
  };
}

/** The spans to send; undefined for the whole file. */
function wantedSpans(request: GatewayRequest, stat: Stat): readonly ByteSpan[] | undefined {
  if (!meansThisVersion(request, stat)) return undefined;
  const spans = spansOf(request.header("range"), stat.sizeBytes);
  if (spans === undefined || spans.length > maxRanges) return undefined;
  // More than the file has: they overlap, and nobody who means well asks so (RFC 9110, 17.15).
  return spans.reduce((sum, span) => sum + lengthOf(span), 0) > stat.sizeBytes ? undefined : spans;
}

/**
 * `If-Range` (RFC 9110, 13.1.5): whether what the client has a part of is what is there. A weak tag never says so. A date does where it is the very one, and no change since could have
 * the same.
 */
function meansThisVersion(request: GatewayRequest, stat: Stat): boolean {
  const { transport } = request;
  const ifRange = request.header("if-range");
  if (ifRange === undefined) return true;
  const etag = etagOf(stat, transport);
  if (/^(?:W\/)?"/.test(ifRange)) return etag !== undefined && sameStrongly(ifRange, etag);
  const date = parseHttpDate(ifRange);
  if (date === undefined || stat.mtime === undefined) return false;
  return toSeconds(date) === toSeconds(stat.mtime) && isSettled(stat.mtime, transport);
}
