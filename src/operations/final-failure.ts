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

/** A full disk has no room for a file of this length either; what is longer may meet a limit on the length of one file, or of one request. */
const smallBytes = 64 * 1024;

/** Whether everything that comes after a failure would meet it as well. `sizeBytes`: of the file that met it. */
export function isFinal(error: unknown, sizeBytes = 0): boolean {
  return isTransportError(error, ...final) && (error.code !== "no-space" || sizeBytes <= smallBytes);
}
