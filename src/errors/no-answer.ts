import type { TransportError } from "./transport-error.ts";
import { isTransportError } from "./transport-error.ts";

/** Whether something failed without an answer of the server that was asked, or before it was: of what is there it tells nothing. */
export function isNoAnswer(error: unknown): error is TransportError {
  return isTransportError(
    error,
    "connection-failed",
    "connection-lost",
    "too-many-connections",
    "authentication-failed",
    "host-key-unknown",
    "host-key-changed",
    "tls-failed",
    "timeout",
    "aborted",
    "closed",
  );
}
