import { lockDocument, rootOf } from "./lock-document.ts";
import type { WebdavLock, WebdavLocks } from "./locks.ts";
import { hrefOf } from "./paths.ts";
import type { WebdavReply } from "./reply.ts";
import { WebdavRefusal, partly, refusal } from "./reply.ts";

/** A request about the lock of a place. */
interface AboutLock {
  readonly site: { readonly locks: WebdavLocks };
  readonly place: { readonly path: string };
  /** The lock tokens that the client shows. */
  readonly tokens: ReadonlySet<string>;
}

/** Throws a refusal where a lock of a place, or of all that is below it, would meet another one. */
export function requireNoConflict({ site: { locks }, place: { path } }: AboutLock, deep: boolean): void {
  const conflicts = locks.on(path);
  if (conflicts.length > 0) throw refusal(423, "no-conflicting-lock", conflicts.map(rootOf));
  const inside = deep ? locks.below(path) : [];
  if (inside.length === 0) return;
  const members = inside.map((held) => ({ href: rootOf(held), status: 423, condition: "no-conflicting-lock" }));
  throw new WebdavRefusal(partly([...members, { href: hrefOf(path, true), status: 424 }]));
}

/** A lock that was taken (RFC 4918, 9.10.1). `made`: with something that was not there before. */
export function lockTaken(lock: WebdavLock, made: boolean): WebdavReply {
  return { ...discovery(lock, made ? 201 : 200), headers: { "lock-token": `<${lock.token}>` } };
}

/** Lets the one lock that the client shows last for as long again (RFC 4918, 9.10.2). */
export function refreshLock({ site, place, tokens }: AboutLock, timeoutMs: number): WebdavReply {
  if (tokens.size !== 1) throw refusal(400);
  const held = site.locks.on(place.path).find(({ token }) => tokens.has(token));
  if (held === undefined) throw refusal(412, "lock-token-matches-request-uri");
  return discovery(site.locks.refresh(held.token, timeoutMs) ?? held, 200);
}

/** Gives a lock back (RFC 4918, 9.11). */
export function dropLock({ site, place }: AboutLock, token: string): WebdavReply {
  if (!site.locks.on(place.path).some((held) => held.token === token))
    throw refusal(409, "lock-token-matches-request-uri");
  site.locks.drop(token);
  return { status: 204 };
}

function discovery(lock: WebdavLock, status: number): WebdavReply {
  return { status, body: lockDocument(lock) };
}
