import type { ErrorCode } from "samewire";
import { TransportError } from "samewire";

/** What result codes of RFC 5730 mean, where they mean something that everybody has. */
const codes: Readonly<Record<number, ErrorCode>> = {
  2003: "protocol-error",
  2005: "invalid-path",
  2101: "unsupported",
  2200: "authentication-failed",
  2201: "permission-denied",
  2302: "already-exists",
  2303: "not-found",
  2500: "connection-lost",
  2501: "authentication-failed",
  2502: "too-many-connections",
};

/** A registry's refusal as an error. */
export function eppError(code: number, message: string): TransportError {
  const known = codes[code] ?? "unexpected";
  return new TransportError(known, `the registry says ${code}: ${message}`, {
    temporary: known === "too-many-connections" || known === "connection-lost",
  });
}
