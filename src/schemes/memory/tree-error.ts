import { TransportError, isTransportError } from "../../errors/transport-error.ts";

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

const loop = "there is a loop of links";

export function loopError(): TransportError {
  return treeError("invalid-path", loop);
}

/** Tells a loop of links from other paths that lead nowhere, for servers that answer to it in their own way. */
export function isLoopError(error: unknown): boolean {
  return isTransportError(error, "invalid-path") && error.reason === loop;
}
