import { TransportError } from "../errors/transport-error.ts";

/** What Redis says by itself, and what will be no different next time. Whatever else it says (LOADING, READONLY, MOVED) may pass. */
const final = /^(?:NOAUTH|WRONGPASS|NOPERM|DENIED|WRONGTYPE|ERR(?! max number of clients))\b/;

/** Why the count of connections cannot be asked for; a missing package is said as it is. */
export function redisError(error: unknown, label: string): TransportError {
  if (error instanceof TransportError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const isRefusal = final.test(reason);
  return new TransportError("connection-failed", `the connections cannot be counted: ${reason || "Redis is gone"}`, {
    url: label,
    temporary: !isRefusal,
    hint: isRefusal
      ? "Check the user, the password and the permissions that sharedWireLimit is given for Redis"
      : "See that Redis runs, and that sharedWireLimit is given its URL",
    cause: error,
  });
}
