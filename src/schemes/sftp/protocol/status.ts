import type { ErrorCode } from "../../../errors/error-code.ts";
import { TransportError } from "../../../errors/transport-error.ts";
import { oneLine } from "../../../url/printable.ts";

/** Answers to a request that are no result: those of version 3, and of later versions what some servers send all the same. */
export const status = {
  ok: 0,
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  unsupported: 8,
} as const;

const known: Readonly<Record<number, readonly [code: ErrorCode, reason: string]>> = {
  1: ["unexpected", "the server says that the file ends here"],
  2: ["not-found", "there is no such file or directory"],
  3: ["permission-denied", "the server denies the permission"],
  4: ["unexpected", "the server says only that it failed"],
  // What OpenSSH makes of EINVAL and ENAMETOOLONG.
  5: ["invalid-path", "the server finds the request invalid, as it does when a name is too long"],
  6: ["connection-lost", "the server has no connection to its files"],
  7: ["connection-lost", "the server lost the connection to its files"],
  8: ["unsupported", "the server does not support this"],
  10: ["not-found", "there is no such path"],
  11: ["already-exists", "there is something of that name already"],
  12: ["permission-denied", "the server's disk is write-protected"],
  14: ["no-space", "the server's disk is full"],
  15: ["no-space", "the quota on the server is used up"],
  17: ["locked", "the file is locked on the server"],
  18: ["directory-not-empty", "the directory is not empty"],
  19: ["not-a-directory", "it is not a directory"],
  20: ["invalid-path", "the server cannot store this name"],
  21: ["invalid-path", "the server finds a loop of links"],
  24: ["is-a-directory", "it is a directory"],
};

/** The driver's own error behind a `TransportError`: what the server answered. */
export class SftpStatus extends Error {
  override readonly name = "SftpStatus";
  /** The number of the answer. */
  readonly status: number;

  constructor(number: number, message: string) {
    super(message);
    this.status = number;
  }
}

/** What an answer means, its text being the server's own. */
export function statusError(number: number, text: string): TransportError {
  const [code, reason] = known[number] ?? ["unexpected", `the server answers with the unknown status ${number}`];
  const said = oneLine(text);
  return new TransportError(
    code,
    number === status.failure && said !== "" && said !== "Failure" ? `the server says: ${said}` : reason,
    { cause: new SftpStatus(number, said) },
  );
}

/** Whether an error is the server's answer of a number: of `failure` only the context tells what it means. */
export function hasStatus(error: unknown, ...numbers: number[]): boolean {
  return error instanceof TransportError && error.cause instanceof SftpStatus && numbers.includes(error.cause.status);
}
