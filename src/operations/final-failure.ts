import type { ErrorCode } from "../errors/error-code.ts";
import { isTransportError } from "../errors/transport-error.ts";

const final: readonly ErrorCode[] = [
  "aborted",
  "authentication-failed",
  "closed",
  "connection-failed",
  "host-key-changed",
  "host-key-unknown",
  "missing-driver",
  "no-space",
  "read-only",
];

/** Whether everything that comes after a failure would meet it as well. */
export function isFinal(error: unknown): boolean {
  return isTransportError(error, ...final);
}
