import { dropLock, lockTaken, refreshLock, requireNoConflict } from "../../gateway/webdav/lock-answers.ts";
import { requireMembership } from "../../gateway/webdav/lock-conditions.ts";
import { lockTokenIn, ownerIn, timeoutOf } from "../../gateway/webdav/lock-document.ts";
import { parentOf } from "../../gateway/webdav/paths.ts";
import { refusal } from "../../gateway/webdav/reply.ts";
import { isWritable } from "./webdav-place.ts";
import type { WebdavMethod } from "./webdav-request.ts";

/** RFC 4918, 9.10. */
export const lock: WebdavMethod = async (request) => {
  const { site, place } = request;
  const document = await request.document();
  const { maxLockMs } = site;
  const timeoutMs = timeoutOf(request.header("timeout"), { usualMs: maxLockMs, maxMs: maxLockMs });
  if (document === undefined) return refreshLock(request, timeoutMs);
  const owner = ownerIn(document);
  const depth = request.depth("infinity");
  if (depth === "1") throw refusal(400);
  const finding = request.find(place);
  if (finding.kind === "parentless") throw request.refusal("LOCK parentless");
  if (finding.kind === "below-file") throw request.refusal("LOCK below-file");
  const deep = depth === "infinity";
  requireNoConflict(request, deep);
  if (finding.kind === "missing") {
    requireMembership(request, place.path);
    if (!isWritable(site.tree, parentOf(place.path))) throw refusal(403);
    site.tree.open(place.path, { write: true, create: true, exclusive: true }).close();
  }
  const directory = finding.kind === "directory";
  const taken = site.locks.take({ path: place.path, directory, deep, owner, timeoutMs });
  return lockTaken(taken, finding.kind === "missing");
};

/** RFC 4918, 9.11. */
export const unlock: WebdavMethod = (request) => dropLock(request, lockTokenIn(request.header("lock-token")));
