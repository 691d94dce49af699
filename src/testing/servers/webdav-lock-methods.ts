import { lockRoots, requireMembership } from "./webdav-conditions.ts";
import type { WebdavLock } from "./webdav-locks.ts";
import { hrefOf, isWritable, parentOf } from "./webdav-place.ts";
import { activeLock } from "./webdav-properties.ts";
import type { WebdavReply } from "./webdav-reply.ts";
import { partly, refusal } from "./webdav-reply.ts";
import type { WebdavMethod, WebdavRequest, WebdavSite } from "./webdav-request.ts";
import type { XmlElement } from "./webdav-xml.ts";

/** RFC 4918, 9.10. */
export const lock: WebdavMethod = async (request) => {
  const { site, place } = request;
  const document = await request.document();
  const timeoutMs = timeoutOf(request);
  if (document === undefined) return refresh(request, timeoutMs);
  const owner = ownerIn(document);
  const depth = request.depth("infinity");
  if (depth === "1") throw refusal(400);
  const finding = request.find(place);
  if (finding.kind === "parentless") throw request.refusal("LOCK parentless");
  if (finding.kind === "below-file") throw request.refusal("LOCK below-file");
  const conflicts = site.locks.on(place.path);
  if (conflicts.length > 0) throw refusal(423, "no-conflicting-lock", lockRoots(site, conflicts));
  const below = depth === "infinity" ? site.locks.below(place.path) : [];
  if (below.length > 0) return conflictsBelow(request, below);
  if (finding.kind === "missing") {
    requireMembership(request, place.path);
    if (!isWritable(site.tree, parentOf(place.path))) throw refusal(403);
    site.tree.open(place.path, { write: true, create: true, exclusive: true }).close();
  }
  const taken = site.locks.take({ path: place.path, deep: depth === "infinity", owner, timeoutMs });
  const reply = discovery(site, taken, finding.kind === "missing" ? 201 : 200);
  return { ...reply, headers: { "lock-token": `<${taken.token}>` } };
};

/** RFC 4918, 9.11. */
export const unlock: WebdavMethod = (request) => {
  const { site, place } = request;
  const token = /^\s*<([^<>]+)>\s*$/.exec(request.header("lock-token") ?? "")?.[1];
  if (token === undefined) throw refusal(400);
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
  return discovery(site, site.locks.refresh(held.token, timeoutMs) ?? held, 200);
}

function conflictsBelow({ place, site }: WebdavRequest, locks: readonly WebdavLock[]): WebdavReply {
  const conflicts = lockRoots(site, locks).map((href) => ({ href, status: 423, condition: "no-conflicting-lock" }));
  return partly([...conflicts, { href: hrefOf(place.path, true), status: 424 }]);
}

function discovery(site: WebdavSite, held: WebdavLock, status: number): WebdavReply {
  const document = `<D:prop xmlns:D="DAV:"><D:lockdiscovery>${activeLock(site, held, "D:")}</D:lockdiscovery></D:prop>`;
  return { status, body: `<?xml version="1.0" encoding="utf-8"?>\n${document}\n` };
}

/** Who wants the lock, from a description of an exclusive one. */
function ownerIn(document: XmlElement): string {
  if (document.namespace !== "DAV:" || document.name !== "lockinfo") throw refusal(400);
  const part = (name: string): XmlElement | undefined =>
    document.children.find((child) => child.namespace === "DAV:" && child.name === name);
  const [scope, type] = [part("lockscope")?.children[0]?.name, part("locktype")?.children[0]?.name];
  if (scope === undefined || type === undefined) throw refusal(400);
  if (scope !== "exclusive" || type !== "write") throw refusal(422);
  return part("owner")?.text.trim() ?? "";
}

/** RFC 4918, 10.7. */
function timeoutOf(request: WebdavRequest): number {
  const { maxLockMs } = request.site;
  // The first that is understood. "Infinite" is as long as it goes, and so is nothing.
  for (const wish of (request.header("timeout") ?? "").split(",")) {
    if (wish.trim().toLowerCase() === "infinite") return maxLockMs;
    const seconds = /^Second-(\d{1,10})$/i.exec(wish.trim())?.[1];
    if (seconds !== undefined) return Math.min(maxLockMs, Number(seconds) * 1000);
  }
  return maxLockMs;
}
