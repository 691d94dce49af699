import { requireMembership } from "../../gateway/webdav/lock-conditions.ts";
import { lockDocument, lockTokenIn, ownerIn, rootOf, timeoutOf } from "../../gateway/webdav/lock-document.ts";
import type { WebdavLock } from "../../gateway/webdav/locks.ts";
import { hrefOf, parentOf } from "../../gateway/webdav/paths.ts";
import { isWritable } from "./webdav-place.ts";
import type { WebdavReply } from "../../gateway/webdav/reply.ts";
import { partly, refusal } from "../../gateway/webdav/reply.ts";
import type { WebdavMethod, WebdavRequest } from "./webdav-request.ts";

/** RFC 4918, 9.10. */
export const lock: WebdavMethod = async (request) => {
  const { site, place } = request;
  const document = await request.document();
  const { maxLockMs } = site;
  const timeoutMs = timeoutOf(request.header("timeout"), { usualMs: maxLockMs, maxMs: maxLockMs });
  if (document === undefined) return refresh(request, timeoutMs);
  const owner = ownerIn(document);
  const depth = request.depth("infinity");
  if (depth === "1") throw refusal(400);
  const finding = request.find(place);
  if (finding.kind === "parentless") throw request.refusal("LOCK parentless");
  if (finding.kind === "below-file") throw request.refusal("LOCK below-file");
  const conflicts = site.locks.on(place.path);
  if (conflicts.length > 0) throw refusal(423, "no-conflicting-lock", conflicts.map(rootOf));
  const below = depth === "infinity" ? site.locks.below(place.path) : [];
  if (below.length > 0) return conflictsBelow(request, below);
  if (finding.kind === "missing") {
    requireMembership(request, place.path);
    if (!isWritable(site.tree, parentOf(place.path))) throw refusal(403);
    site.tree.open(place.path, { write: true, create: true, exclusive: true }).close();
  }
  const directory = finding.kind === "directory";
  const taken = site.locks.take({ path: place.path, directory, deep: depth === "infinity", owner, timeoutMs });
  const reply = discovery(taken, finding.kind === "missing" ? 201 : 200);
  return { ...reply, headers: { "lock-token": `<${taken.token}>` } };
};

/** RFC 4918, 9.11. */
export const unlock: WebdavMethod = (request) => {
  const { site, place } = request;
  const token = lockTokenIn(request.header("lock-token"));
  if (!site.locks.on(place.path).some((held) => held.token === token))
    throw refusal(409, "lock-token-matches-request-uri");
  site.locks.drop(token);
  return { status: 204 };
};

function refresh(request: WebdavRequest, timeoutMs: number): WebdavReply {
  const { site, place, tokens } = request;
  if (tokens.size !== 1) throw refusal(400);
  const held = site.locks.on(place.path).find(({ token }) => tokens.has(token));
  if (held === undefined) throw refusal(412, "lock-token-matches-request-uri");
  return discovery(site.locks.refresh(held.token, timeoutMs) ?? held, 200);
}

function conflictsBelow({ place }: WebdavRequest, locks: readonly WebdavLock[]): WebdavReply {
  const conflicts = locks.map((held) => ({ href: rootOf(held), status: 423, condition: "no-conflicting-lock" }));
  return partly([...conflicts, { href: hrefOf(place.path, true), status: 424 }]);
}

function discovery(held: WebdavLock, status: number): WebdavReply {
  return { status, body: lockDocument(held) };
}
