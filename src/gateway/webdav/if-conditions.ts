import { etagOf, sameWeakly } from "../etag.ts";
import { findAt } from "./find-at.ts";
import { anyHolds, parseIf, shownTokens } from "./if-header.ts";
import { refusal } from "./reply.ts";
import type { WebdavRequest } from "./webdav-request.ts";

/** Entity tags in one header. Each costs a look at a file: with more, one request would cost the server thousands. */
const mostTags = 64;

/** Evaluates an `If` header (RFC 4918, 10.4) and takes up the tokens in it. Throws a refusal where no list of it holds. */
export async function requireIf(request: WebdavRequest): Promise<void> {
  const header = request.header("if");
  if (header === undefined) return;
  const { site, place } = request;
  const lists = parseIf(header);
  const tags = lists.flatMap(({ conditions }) => conditions).filter(({ kind }) => kind === "etag");
  if (tags.length > mostTags) throw refusal(400);
  const holds = await anyHolds(lists, async (tag, { kind, value }) => {
    const { path } = tag === undefined ? place : request.target(tag);
    if (kind === "token") return site.locks.on(path).some(({ token }) => token === value);
    const found = await findAt(request, path);
    if (found.kind !== "file") return false;
    const etag = etagOf(found.stat, request.transport);
    return etag !== undefined && sameWeakly(etag, value);
  });
  if (!holds) throw refusal(412);
  request.tokens = shownTokens(lists);
}
