import { rootOf } from "./lock-document.ts";
import type { WebdavLocks } from "./locks.ts";
import { parentOf } from "./paths.ts";
import type { MemberFailure } from "./reply.ts";
import { refusal } from "./reply.ts";

/** A request, as far as locks are concerned. */
interface Shown {
  readonly site: { readonly locks: WebdavLocks };
  /** The lock tokens that the client shows. */
  readonly tokens: ReadonlySet<string>;
}

/** Throws a refusal where a lock is on one of the paths of which the client shows no token. */
export function requireUnlocked({ site, tokens }: Shown, ...paths: readonly string[]): void {
  const inTheWay = paths.flatMap((path) => site.locks.on(path)).filter(({ token }) => !tokens.has(token));
  if (inTheWay.length > 0) throw refusal(423, "lock-token-submitted", inTheWay.map(rootOf));
}

/** Throws a refusal where something cannot be made or removed at a path because of a lock there, or one on the directory that it is in. */
export function requireMembership(request: Shown, path: string): void {
  requireUnlocked(request, path, parentOf(path));
}

/** Members that are locked, of which the client shows no token. */
export function lockedBelow({ site, tokens }: Shown, path: string): readonly MemberFailure[] {
  const locked = site.locks.below(path).filter(({ token }) => !tokens.has(token));
  return locked.map((lock) => ({ href: rootOf(lock), status: 423, condition: "lock-token-submitted" }));
}
