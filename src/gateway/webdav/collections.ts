import { isTransportError } from "../../errors/transport-error.ts";
import { checkConditions } from "../conditions.ts";
import { findAt, isCollection } from "./find-at.ts";
import { lockedBelow, requireMembership } from "./lock-conditions.ts";
import type { WebdavReply } from "./reply.ts";
import { partly, refusal } from "./reply.ts";
import type { WebdavMethod, WebdavRequest } from "./webdav-request.ts";
import { below } from "./webdav-request.ts";

/** RFC 4918, 9.3. */
export const mkcol: WebdavMethod = async (request) => {
  const { transport, place } = request;
  if ((await request.bytes()).length > 0) throw refusal(415);
  if (place.path === "/") throw refusal(405);
  // Of what is there already it makes no difference.
  checkConditions(request.gateway, undefined);
  requireMembership(request, place.path);
  try {
    await transport.mkdir(below(place.path));
    return { status: 201 };
  } catch (error) {
    if (isTransportError(error, "already-exists")) throw refusal(405);
    throw isTransportError(error, "not-found", "not-a-directory") ? refusal(409) : error;
  }
};

/** RFC 4918, 9.6. Of a link it is the link that goes. */
export const remove: WebdavMethod = async (request) => {
  const giveBack = await request.site.turns.take(request.place.path);
  try {
    return await removeNow(request);
  } finally {
    giveBack();
  }
};

async function removeNow(request: WebdavRequest): Promise<WebdavReply> {
  const { site, transport, place, gateway } = request;
  const found = await findAt(request, place.path);
  if (found.kind === "missing" || (found.kind !== "directory" && place.slash)) throw refusal(404);
  checkConditions(request.gateway, found.stat);
  const collection = isCollection(found);
  if (collection && request.depth("infinity") !== "infinity") throw refusal(400);
  if (place.path === "/") throw refusal(403);
  requireMembership(request, place.path);
  const locked = lockedBelow(request, place.path);
  if (locked.length > 0) return partly(locked);
  if (collection) await transport.deleteTree(below(place.path), { signal: gateway.closing });
  else await transport.delete(below(place.path));
  site.locks.dropAt(place.path);
  return { status: 204 };
}
