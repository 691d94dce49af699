import type { Stat } from "../transport/stat.ts";
import { etagOf, parseTags, sameStrongly, sameWeakly } from "./etag.ts";
import type { GatewayRequest } from "./gateway-request.ts";
import { parseHttpDate, toSeconds } from "./http-date.ts";
import { Refusal } from "./refusal.ts";

/**
 * Evaluates a request's preconditions in the order of RFC 9110, 13.2.2. `stat` is of what is there now; undefined where nothing is. Of `not-modified`, which only GET
 * and HEAD get, the client has a copy.
 *
 * @throws Refusal 412
 */
export function checkConditions(request: GatewayRequest, stat: Stat | undefined): "go-on" | "not-modified" {
  const reads = request.method === "GET" || request.method === "HEAD";
  const [match, noneMatch] = [request.header("if-match"), request.header("if-none-match")];
  if (
    match === undefined
      ? isModifiedSince(request, "if-unmodified-since", stat)
      : !matches(request, match, stat, sameStrongly)
  )
    throw new Refusal(412, "it is not as this request expects it");
  if (noneMatch !== undefined) {
    if (!matches(request, noneMatch, stat, sameWeakly)) return "go-on";
    if (reads) return "not-modified";
    throw new Refusal(412, "it is not as this request expects it");
  }
  const since = reads ? isModifiedSince(request, "if-modified-since", stat) : undefined;
  return since === false ? "not-modified" : "go-on";
}

/** Whether one of the tags is that of what is there; `*` is whatever is there. A list that is none matches nothing. */
function matches(
  { transport }: GatewayRequest,
  header: string,
  stat: Stat | undefined,
  same: (a: string, b: string) => boolean,
): boolean {
  if (stat === undefined) return false;
  const tags = parseTags(header);
  if (tags === "*") return true;
  const etag = etagOf(stat, transport);
  return etag !== undefined && tags !== undefined && tags.some((tag) => same(tag, etag));
}

/** Undefined where it cannot be said, which makes the condition one to ignore. */
function isModifiedSince(request: GatewayRequest, name: string, stat: Stat | undefined): boolean | undefined {
  const date = parseHttpDate(request.header(name) ?? "");
  if (date === undefined || stat?.mtime === undefined || stat.type === "directory") return undefined;
  return toSeconds(stat.mtime) > toSeconds(date);
}
