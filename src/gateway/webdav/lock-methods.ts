import { isTransportError } from "../../errors/transport-error.ts";
import { checkConditions } from "../conditions.ts";
import { findAt } from "./find-at.ts";
import { dropLock, lockTaken, refreshLock, requireNoConflict } from "./lock-answers.ts";
import { requireMembership } from "./lock-conditions.ts";
import { lockTokenIn, ownerIn, timeoutOf } from "./lock-document.ts";
import type { WebdavLock } from "./locks.ts";
import { refusal } from "./reply.ts";
import type { WebdavMethod, WebdavRequest } from "./webdav-request.ts";
import { below } from "./webdav-request.ts";

/** For who does not say how long. Whoever wants a lock until it is given back gets it: what ends while its holder is busy is none. */
const timeouts = { usualMs: 3_600_000, maxMs: Infinity };

/** Locks at a time: each is looked at with every change. */
const maxLocks = 1_000;
/** Characters that a holder says of itself. */
const longestOwner = 4_096;

/** RFC 4918, 9.10. Where nothing is, an empty file is made. */
export const lock: WebdavMethod = async (request) => {
  const { site, place } = request;
  const document = await request.document();
  const timeoutMs = timeoutOf(request.header("timeout"), timeouts);
  if (document === undefined) return refreshLock(request, timeoutMs);
  const owner = ownerIn(document);
  const depth = request.depth("infinity");
  if (depth === "1" || owner.length > longestOwner) throw refusal(400);
  const found = await findAt(request, place.path);
  if (found.kind !== "directory" && found.kind !== "missing" && place.slash) throw refusal(404);
  checkConditions(request.gateway, found.kind === "missing" ? undefined : found.stat);
  const directory = found.kind === "directory";
  const deep = depth === "infinity";
  // From here to the lock nothing is awaited: nobody else can take one meanwhile.
  requireNoConflict(request, deep);
  if (found.kind === "missing") requireMembership(request, place.path);
  if (site.locks.all.length >= maxLocks) throw refusal(507);
  const taken = site.locks.take({ path: place.path, directory, deep, owner, timeoutMs });
  const makes = found.kind === "missing";
  if (makes) await makeEmpty(request, taken);
  return lockTaken(taken, makes);
};

/** RFC 4918, 9.11. */
export const unlock: WebdavMethod = async (request) => {
  const header = request.header("lock-token")?.trim() ?? "";
  // Some clients, the npm package webdav among them, leave out the brackets.
  return dropLock(request, lockTokenIn(/^[^<>\s]+$/.test(header) ? `<${header}>` : header));
};

/** So that there is something that is locked. Without it there is no lock either. */
async function makeEmpty(request: WebdavRequest, { token }: WebdavLock): Promise<void> {
  const { site, place, transport } = request;
  const giveBack = await site.turns.take(place.path);
  try {
    // An upload may have come to its end meanwhile.
    if ((await findAt(request, place.path)).kind === "missing")
      await transport.put(below(place.path), new Uint8Array(), { atomic: false });
  } catch (error) {
    site.locks.drop(token);
    throw isTransportError(error, "not-found", "not-a-directory") ? refusal(409) : error;
  } finally {
    giveBack();
  }
}
