import { randomUUID } from "node:crypto";

import type { Clock } from "../../connection/clock.ts";
import { systemClock } from "../../connection/clock.ts";
import { isBelow } from "./paths.ts";

/** An exclusive write lock (RFC 4918, 6). */
export interface WebdavLock {
  /** `urn:uuid:…` */
  readonly token: string;
  /** What is locked: plain text, from the root. */
  readonly path: string;
  /** Whether that is a directory. */
  readonly directory: boolean;
  /** Whether all that is below is locked, too. */
  readonly deep: boolean;
  /** Who holds it, as the client said, as text. */
  readonly owner: string;
  /** From the last time that it was refreshed. Infinity for what lasts until it is given back. */
  readonly timeoutMs: number;
}

/** The locks of one server, kept in its memory. A lock that was not refreshed in time is gone. */
export class WebdavLocks {
  readonly #held = new Map<string, { readonly lock: WebdavLock; until: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Held now. */
  get all(): readonly WebdavLock[] {
    const now = this.#clock.now();
    for (const [token, { until }] of this.#held) if (until <= now) this.#held.delete(token);
    return Array.from(this.#held.values(), ({ lock }) => lock);
  }

  /** Those that are on a path: its own, and deep ones above. */
  on(path: string): readonly WebdavLock[] {
    return this.all.filter((lock) => lock.path === path || (lock.deep && isBelow(path, lock.path)));
  }

  below(path: string): readonly WebdavLock[] {
    return this.all.filter((lock) => isBelow(lock.path, path));
  }

  take(wanted: Omit<WebdavLock, "token">): WebdavLock {
    const lock = { ...wanted, token: `urn:uuid:${randomUUID()}` };
    this.#held.set(lock.token, { lock, until: this.#clock.now() + lock.timeoutMs });
    return lock;
  }

  /** Undefined where there is no such lock. */
  refresh(token: string, timeoutMs: number): WebdavLock | undefined {
    const held = this.#held.get(token);
    if (held === undefined) return undefined;
    const lock = { ...held.lock, timeoutMs };
    this.#held.set(token, { lock, until: this.#clock.now() + timeoutMs });
    return lock;
  }

  drop(token: string): void {
    this.#held.delete(token);
  }

  /** What is at a path and below it goes, and its locks with it. */
  dropAt(path: string): void {
    for (const { token, path: locked } of this.all)
      if (locked === path || isBelow(locked, path)) this.#held.delete(token);
  }
}
