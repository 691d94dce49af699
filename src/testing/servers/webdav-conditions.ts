import { etagOf } from "./http-files.ts";
import { anyHolds, parseIf, shownTokens } from "../../gateway/webdav/if-header.ts";
import type { Finding } from "./webdav-place.ts";
import { findIn } from "./webdav-place.ts";
import { refusal } from "../../gateway/webdav/reply.ts";
import type { WebdavRequest } from "./webdav-request.ts";

/** Evaluates an `If` header (RFC 4918, 10.4) and takes up the tokens in it. Throws a refusal where no list of it holds. */
export async function requireIf(request: WebdavRequest): Promise<void> {
  const header = request.header("if");
  if (header === undefined) return;
  const { site, place } = request;
  const lists = parseIf(header);
  const holds = await anyHolds(lists, (tag, { kind, value }) => {
    const { path } = tag === undefined ? place : request.target(tag);
    if (kind === "token") return site.locks.on(path).some(({ token }) => token === value);
    const finding = findIn(site.tree, path);
    return finding.kind === "file" && etagOf(finding.stat, site.etags === "weak") === value;
  });
  if (!holds) throw refusal(412);
  request.tokens = shownTokens(lists);
}

/** `If-Match` and `If-None-Match` (RFC 9110, 13.1). Throws a refusal where they do not hold. */
export function requirePreconditions(request: WebdavRequest, finding: Finding): void {
  const { behaviour, etags } = request.site;
  if (behaviour.ignoresPreconditions) return;
  const [wanted, unwanted] = [request.header("if-match"), request.header("if-none-match")];
  const etag = finding.kind === "file" && etags !== "none" ? etagOf(finding.stat, etags === "weak") : undefined;
  const isThere = finding.kind === "file" || finding.kind === "directory";
  const strong = etag?.startsWith("W/") === true ? undefined : etag;
  if (wanted !== undefined && !matches(wanted, isThere, strong)) throw refusal(412);
  if (unwanted !== undefined && matches(unwanted.replaceAll("W/", ""), isThere, etag?.replace("W/", "")))
    throw refusal(412);
}

function matches(header: string, isThere: boolean, etag: string | undefined): boolean {
  if (header.trim() === "*") return isThere;
  const tags = header.match(/(?:W\/)?"[^"]*"/g);
  if (tags === null) throw refusal(400);
  return etag !== undefined && tags.includes(etag);
}
