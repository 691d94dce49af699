import type { ErrorCode } from "../../errors/error-code.ts";
import { TransportError } from "../../errors/transport-error.ts";

const reasons = {
  "not-found": "there is nothing there",
  "already-exists": "something is there already",
  "not-a-directory": "something on the way is not a directory",
  "is-a-directory": "it is a directory",
  "directory-not-empty": "the directory is not empty",
  "permission-denied": "that is not allowed",
  "invalid-path": "that is not a name",
  "no-space": "the store is full",
} as const satisfies Partial<Record<ErrorCode, string>>;

/** A failure of a tree; where it happened is added by who asked. */
export function treeError(code: keyof typeof reasons, reason: string = reasons[code]): TransportError {
  return new TransportError(code, reason);
}
