import { STATUS_CODES } from "node:http";

import type { ErrorCode } from "../errors/error-code.ts";
import { isTransportError } from "../errors/transport-error.ts";

/** A request that is answered with a status and a few words, and that is all. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  /** `text` is for the client: nothing of what a server or a transport said. */
  constructor(
    status: number,
    text: string = (STATUS_CODES[status] ?? "").toLowerCase(),
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(text);
    this.status = status;
    this.headers = headers;
  }
}

/** Long enough for a connection to be made anew, or for somebody's turn to end. */
const retryAfter = { "retry-after": "5" };

type Row = readonly [status: number, text: string, headers?: Readonly<Record<string, string>>];

const loginRefused: Row = [502, "the server behind this gateway does not let it in"];
const notTrusted: Row = [502, "the server behind this gateway is not trusted"];
const unreachable: Row = [502, "the server behind this gateway could not be reached, or was lost", retryAfter];
const garbled: Row = [502, "the server behind this gateway gave an answer that cannot be used"];
const busy: Row = [503, "the server behind this gateway takes no more at the moment", retryAfter];

/** What each failure is to a client. A message has URLs, users and hosts in it that are nobody's business: the words are ours. */
const rows: Readonly<Record<ErrorCode, Row>> = {
  "not-found": [404, "there is nothing here"],
  "not-a-directory": [404, "there is nothing here"],
  "outside-base": [403, "this leads out of what is served"],
  "permission-denied": [403, "the server behind this gateway does not allow it"],
  "read-only": [403, "nothing can be changed here"],
  unsupported: [403, "the server behind this gateway cannot do this"],
  "is-a-directory": [409, "a directory is in the way"],
  "already-exists": [409, "something is in the way"],
  "directory-not-empty": [409, "the directory is not empty"],
  locked: [423, "it is locked"],
  "no-space": [507, "there is no room for it"],
  "invalid-url": [400, "the path cannot be one here"],
  "invalid-path": [400, "the path cannot be one here"],
  "range-not-satisfiable": [416, "the file does not reach that far"],
  "authentication-failed": loginRefused,
  "host-key-unknown": notTrusted,
  "host-key-changed": notTrusted,
  "tls-failed": notTrusted,
  "connection-failed": unreachable,
  "connection-lost": unreachable,
  "too-many-redirects": garbled,
  "protocol-error": garbled,
  "short-read": garbled,
  timeout: [504, "the server behind this gateway did not answer in time", retryAfter],
  "too-many-connections": busy,
  "would-deadlock": busy,
  closed: [503, "this gateway is being closed", retryAfter],
  aborted: [503, "this gateway is being closed", retryAfter],
  "not-local": [500, "this gateway failed"],
  "unsupported-scheme": [500, "this gateway failed"],
  "missing-driver": [500, "this gateway lacks a package that it needs"],
  unexpected: [500, "this gateway failed"],
};

/** What a client is told of a failure. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!isTransportError(error)) return new Refusal(...rows.unexpected);
  // Too many open files, for one: what nobody has a word for, and passes.
  return new Refusal(...(error.code === "unexpected" && error.temporary ? busy : rows[error.code]));
}
