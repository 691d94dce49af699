import { isTransportError } from "../../errors/transport-error.ts";
import { findAt } from "./find-at.ts";
import { requireMembership } from "./lock-conditions.ts";
import { lockDocument, lockTokenIn, ownerIn, rootOf, timeoutOf } from "./lock-document.ts";
import type { WebdavLock } from "./locks.ts";
import { hrefOf } from "./paths.ts";
import type { WebdavReply } from "./reply.ts";
import { partly, refusal } from "./reply.ts";
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
  if (document === undefined) return refresh(request, timeoutMs);
  const owner = ownerIn(document);
  const depth = request.depth("infinity");
  if (depth === "1" || owner.length > longestOwner) throw refusal(400);
  const found = await findAt(request, place.path);
  if (found.kind !== "directory" && found.kind !== "missing" && place.slash) throw refusal(404);
  const directory = found.kind === "directory";
  const deep = depth === "infinity";
  // From here to the lock nothing is awaited: nobody else can take one meanwhile.
  const conflicts = site.locks.on(place.path);
  if (conflicts.length > 0) throw refusal(423, "no-conflicting-lock", conflicts.map(rootOf));
  const inside = deep ? site.locks.below(place.path) : [];
  if (inside.length > 0) return conflictsBelow(request, inside);
  if (found.kind === "missing") requireMembership(request, place.path);
  if (site.locks.all.length >= maxLocks) throw refusal(507);
  const taken = site.locks.take({ path: place.path, directory, deep, owner, timeoutMs });
  const headers = { "lock-token": `<${taken.token}>` };
  if (found.kind !== "missing") return { ...discovery(taken, 200), headers };
  await makeEmpty(request, taken);
  return { ...discovery(taken, 201), headers };
};

/** RFC 4918, 9.11. */
export const unlock: WebdavMethod = async (request) => {
  const { site, place } = request;
  const header = request.header("lock-token")?.trim() ?? "";
  // Some clients, the npm package webdav among them, leave out the brackets.
  const token = lockTokenIn(/^[^<>\s]+$/.test(header) ? `<${header}>` : header);
  if (!site.locks.on(place.path).some((held) => held.token === token))
    throw refusal(409, "lock-token-matches-request-uri");
  site.locks.drop(token);
  return { status: 204 };
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

function refresh({ site, place, tokens }: WebdavRequest, timeoutMs: number): WebdavReply {
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
