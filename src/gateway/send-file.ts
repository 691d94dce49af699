import type { Stat } from "../transport/stat.ts";
import { answer, sendBody, sendHead } from "./answer.ts";
import { checkConditions } from "./conditions.ts";
import { contentTypeOf, policyFor } from "./content-types.ts";
import { maxRanges } from "./defaults.ts";
import { etagOf, isSettled, sameStrongly } from "./etag.ts";
import type { Content } from "./file-content.ts";
import { confirmed, partsContent, spanContent } from "./file-content.ts";
import type { GatewayRequest } from "./gateway-request.ts";
import { parseHttpDate, toSeconds } from "./http-date.ts";
import { look } from "./look.ts";
import { multipartOf } from "./multipart.ts";
import type { ByteSpan } from "./ranges.ts";
import { contentRange, lengthOf, spansOf } from "./ranges.ts";
import { Refusal } from "./refusal.ts";

type Headers = Readonly<Record<string, string | number>>;

/** An answer to GET that was decided upon. */
interface Plan {
  readonly status: 200 | 206;
  readonly headers: Headers;
  readonly content: Content;
  /** Whether all of it comes from one opening of the file, which goes on being the same file when somebody puts another in its place. */
  readonly opensOnce: boolean;
}

/**
 * Answers with a file, or why not. False where it was changed between the look at it, which is `stat`, and the opening: then nothing was sent. On the `last` try a file that
 * only grows is one that is written to at its end, and is sent as long as it was.
 */
export async function sendFile(request: GatewayRequest, stat: Stat, last: boolean): Promise<boolean> {
  const headers = factsOf(request, stat);
  if (checkConditions(request, stat) === "not-modified") {
    const { etag, "last-modified": modified } = headers;
    answer(request, 304, "", {
      ...(etag !== undefined && { etag }),
      ...(modified !== undefined && { "last-modified": modified }),
    });
    return true;
  }
  if (request.method === "HEAD") {
    const lengthBytes = stat.type === "file" ? { "content-length": stat.sizeBytes } : undefined;
    sendHead(request, 200, { ...headers, ...lengthBytes });
    request.response.end();
    return true;
  }
  const plan = planOf(request, stat, headers);
  try {
    const first = await plan.content.next();
    const opened = await again(request, stat);
    if (!isSame(stat, opened) && !(last && hasGrown(stat, opened))) return false;
    sendHead(request, plan.status, plan.headers);
    await sendBody(
      request,
      confirmed(first, plan.content, async () => {
        // What a server gives one answer with one tag for is of one version.
        if (plan.opensOnce && opened.etag !== undefined) return true;
        const ended = await again(request, opened);
        return isSame(opened, ended) || (plan.opensOnce && hasGrown(opened, ended));
      }),
    );
    return true;
  } finally {
    await plan.content.return();
  }
}

function factsOf({ path, transport }: GatewayRequest, stat: Stat): Record<string, string> {
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

function planOf(request: GatewayRequest, stat: Stat, headers: Record<string, string>): Plan {
  const { sizeBytes } = stat;
  // What is made up on the way has no length before it is read.
  if (stat.type !== "file") return { status: 200, headers, content: spanContent(request, undefined), opensOnce: true };
  const spans = wantedSpans(request, stat);
  if (spans === undefined) {
    const whole = { first: 0, last: sizeBytes - 1 };
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

/** Another look at what is no file in the making, where that does not have to wait for the stream that is open. */
async function again(request: GatewayRequest, stat: Stat): Promise<Stat> {
  return stat.type === "file" && request.transport.capabilities.concurrent ? await look(request) : stat;
}

function isSame(a: Stat, b: Stat): boolean {
  return (
    a.type === b.type && a.sizeBytes === b.sizeBytes && a.mtime?.getTime() === b.mtime?.getTime() && a.etag === b.etag
  );
}

function hasGrown(before: Stat, after: Stat): boolean {
  return after.type === before.type && after.sizeBytes > before.sizeBytes;
}
