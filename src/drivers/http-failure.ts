import type { Effect, ErrorCode } from "../errors/error-code.ts";
import { TransportError } from "../errors/transport-error.ts";
import { oneLine } from "../url/printable.ts";
import type { HttpHeaders } from "./http-message.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly hint?: string;
  readonly temporary?: true;
}

/** What the statuses of RFC 9110 and RFC 4918 mean for a file. */
const meanings: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [401, { code: "authentication-failed", reason: "the server wants to know who asks" }],
  [403, { code: "permission-denied", reason: "the server does not allow that" }],
  [404, { code: "not-found", reason: "there is nothing there" }],
  [405, { code: "unsupported", reason: "the server does not do that here" }],
  [407, { code: "authentication-failed", reason: "the proxy on the way wants to know who asks" }],
  [408, { code: "timeout", reason: "the server waited too long for the request", temporary: true }],
  [409, { code: "unexpected", reason: "what is there does not fit what the server was told to do" }],
  [410, { code: "not-found", reason: "there is nothing there any more" }],
  [412, { code: "already-exists", reason: "there is something of that name already" }],
  [413, { code: "no-space", reason: "the server takes nothing as large as that" }],
  [414, { code: "invalid-path", reason: "the path is too long for the server" }],
  [415, { code: "unsupported", reason: "the server does not take content like that" }],
  [416, { code: "range-not-satisfiable", reason: "the file does not reach that far" }],
  [423, { code: "locked", reason: "somebody holds a lock on it", temporary: true }],
  [424, { code: "unexpected", reason: "something that belongs to it could not be done" }],
  [425, { code: "unexpected", reason: "the server wants the request again, later", temporary: true }],
  [429, { code: "too-many-connections", reason: "the server gets too many requests", temporary: true }],
  [431, { code: "invalid-path", reason: "the request is too long for the server" }],
  [451, { code: "permission-denied", reason: "the server must not show that" }],
  [501, { code: "unsupported", reason: "the server cannot do that" }],
  [504, { code: "timeout", reason: "the server behind the server does not answer", temporary: true }],
  [505, { code: "unsupported", reason: "the server speaks another HTTP" }],
  [507, { code: "no-space", reason: "the server has no space left" }],
  [508, { code: "invalid-path", reason: "there is a loop of links" }],
]);

/** The failure that a status from 300 on is, where none is expected. */
export function statusError(status: number, headers: HttpHeaders): TransportError {
  const { code, reason, temporary = false, hint } = meaningOf(status, headers);
  return new TransportError(code, `${reason} (HTTP ${status})`, { temporary, hint });
}

function meaningOf(status: number, headers: HttpHeaders): Meaning {
  const known = meanings.get(status);
  if (known !== undefined) return known;
  // With a time to come back at it is the server's limit, and not its breakdown.
  if (status === 503 && headers.get("retry-after") !== undefined)
    return { code: "too-many-connections", reason: "the server has too much to do", temporary: true };
  if (status >= 500) return { code: "unexpected", reason: "the server failed", temporary: true };
  if (status >= 400) return { code: "unexpected", reason: "the server refuses the request" };
  return { code: "protocol-error", reason: "the server gave an answer that fits no question" };
}

/** Said before anything is done (RFC 9110, 15.6; RFC 6585, 6), or of a change that failed as a whole (RFC 4918, 11.5; RFC 5842, 7.2). */
const saysNothingDone: ReadonlySet<number> = new Set([501, 505, 507, 508, 511]);

/**
 * What is known of a change that was answered with a status from 300 on. A server that fails may do so after it has done what it was asked for, and one that
 * stands in front of it does not know: so it is with 500, 502 and 504, and with 503 unless it is the server's limit, which says when to come back.
 */
export function effectAfter(status: number, headers: HttpHeaders): Effect {
  const isRefusal = status < 500 || saysNothingDone.has(status);
  return isRefusal || meaningOf(status, headers).code === "too-many-connections" ? "none" : "unknown";
}

/** How long a server wants to be left alone, in milliseconds; `now` is what a calendar says. */
export function retryAfterMs(headers: HttpHeaders, now: number): number | undefined {
  const seconds = headers.count("retry-after");
  if (seconds !== undefined) return seconds * 1000;
  const date = headers.date("retry-after");
  return date === undefined ? undefined : Math.max(0, date.getTime() - now);
}

/** All that means nothing for who reads a body. */
const unpacked = /^(?:chunked|identity)$/i;

/** Why an answer cannot be read: a coding of the way that was not asked for with `TE` (RFC 9112, 7.4), which the client below hands on as if it were content. */
export function packedError(headers: HttpHeaders): TransportError | undefined {
  const coding = headers.get("transfer-encoding") ?? "chunked";
  if (unpacked.test(coding)) return undefined;
  return new TransportError(
    "protocol-error",
    `the server packed its answer, which it was not asked for: ${oneLine(coding)}`,
  );
}
