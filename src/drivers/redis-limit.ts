import type { LocalWireLimitOptions, PermitTimes } from "../connection/rationed-limit.ts";
import { RationedLimit } from "../connection/rationed-limit.ts";
import type { WireLimit } from "../connection/wire-limit.ts";
import { TransportError } from "../errors/transport-error.ts";
import type { RedisScripting } from "./redis-connection.ts";
import { RedisConnection } from "./redis-connection.ts";
import { RedisPermits } from "./redis-permits.ts";

export type { RedisScripting } from "./redis-connection.ts";

/** A limit that is kept in Redis. All who share it give the same `limit`, `permitMs` and `name`. */
export interface SharedWireLimitOptions extends LocalWireLimitOptions, PermitTimes {
  /**
   * Where the count is kept: the URL of a Redis, `redis://user:password@host:6379/0` or `rediss:` for TLS; or a client of the package `redis` that is connected,
   * with whatever it is configured for. A URL is connected to when the first permit is asked for, and let go when none is held; a client stays the caller's.
   */
  readonly redis: string | URL | RedisScripting;
  /** How long a permit lasts where it is not renewed, in milliseconds: so long the places of a process that was killed stay taken. Default 10,000. */
  readonly permitMs?: number;
  /** For how long Redis may be gone before operations that need a further wire are refused, in milliseconds. Default 10,000. */
  readonly unreachableMs?: number;
}

/**
 * A limit of wires for all processes, on however many machines, that are given it as `wireLimit`. Needs the package `redis`, which is loaded when the first
 * wire is opened.
 *
 * A process that dies loses its permits after `permitMs`. One that cannot renew them closes their wires: those not in use shortly before that, the others
 * when the operation on them has ended. While Redis is gone no further wire is opened.
 *
 * @throws TransportError `invalid-url`, `range-not-satisfiable`
 */
export function sharedWireLimit({ redis, ...options }: SharedWireLimitOptions): WireLimit {
  return new RationedLimit(storeFor(redis), options, options);
}

function storeFor(redis: string | URL | RedisScripting): RedisPermits {
  if (typeof redis === "object" && "eval" in redis) return new RedisPermits(redis, "redis:");
  const text = String(redis);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.protocol === "redis:" || url.protocol === "rediss:"))
    return new RedisPermits(new RedisConnection(url.href), `${url.protocol}//${url.host}`);
  // It may hold a password, and is not shown.
  throw new TransportError("invalid-url", "sharedWireLimit is given no URL of a Redis, nor a client", {
    hint: "Write redis://user:password@host:6379/0, rediss: for TLS, or give a client of the package redis",
  });
}
