import type { TransportError } from "./transport-error.ts";
import { isTransportError } from "./transport-error.ts";

/** Whether something failed without an answer of the server: of what is there it tells nothing, and another time there may be one. */
export function isNoAnswer(error: unknown): error is TransportError {
  return isTransportError(
    error,
    "connection-failed",
    "connection-lost",
    "too-many-connections",
    "timeout",
    "aborted",
    "closed",
  );
}
