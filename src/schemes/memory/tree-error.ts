import { TransportError } from "../../errors/transport-error.ts";

type TreeErrorCode =
  | "not-found"
  | "already-exists"
  | "not-a-directory"
  | "is-a-directory"
  | "directory-not-empty"
  | "permission-denied"
  | "invalid-path"
  | "no-space";

const reasons: Readonly<Record<TreeErrorCode, string>> = {
  "not-found": "there is nothing there",
  "already-exists": "something is there already",
  "not-a-directory": "something on the way is not a directory",
  "is-a-directory": "it is a directory",
  "directory-not-empty": "the directory is not empty",
  "permission-denied": "that is not allowed",
  "invalid-path": "that is not a name",
  "no-space": "the store is full",
};

/** A failure of a tree; where it happened is added by who asked. */
export function treeError(code: TreeErrorCode, reason: string = reasons[code]): TransportError {
  return new TransportError(code, reason);
}
