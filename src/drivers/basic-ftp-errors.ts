import type { ErrorCode } from "../errors/error-code.ts";
import { TransportError, isTransportError } from "../errors/transport-error.ts";
import type { FtpReply } from "./basic-ftp-reply.ts";
import { replyText } from "./basic-ftp-reply.ts";
import type { Endpoint } from "./socket-errors.ts";
import { connectError, errnoReasons } from "./socket-errors.ts";
import { tlsError } from "./tls-socket.ts";

/** A reply that refuses what was asked, as the driver's own error. */
class FtpRefusal extends Error {
  override readonly name = "FtpRefusal";
  readonly code: number;

  constructor(reply: FtpReply) {
    super(replyText(reply));
    this.code = reply.code;
  }
}

/** What a refusal means where nothing else is known; the schemes look again where the difference matters. */
const meanings: Readonly<Record<number, ErrorCode>> = {
  421: "connection-lost",
  425: "connection-failed",
  426: "connection-lost",
  430: "authentication-failed",
  450: "not-found",
  452: "no-space",
  500: "unsupported",
  501: "unsupported",
  502: "unsupported",
  503: "protocol-error",
  504: "unsupported",
  530: "permission-denied",
  532: "permission-denied",
  521: "tls-failed", // RFC 4217 section 12.4; and vsftpd's 522 wants the session to be resumed
  522: "tls-failed",
  534: "tls-failed",
  550: "not-found",
  552: "no-space",
  553: "permission-denied",
};

/** A reply that refuses a command, as an error. */
export function refusalError(reply: FtpReply, verb?: string): TransportError {
  // A directory is there already (RFC 959, appendix II); in answer to anything else it has to do with TLS.
  const isThere = reply.code === 521 && verb === "MKD";
  const code = isThere ? "already-exists" : (meanings[reply.code] ?? "unexpected");
  return new TransportError(code, `the server refuses: ${replyText(reply)}`, {
    temporary: reply.code < 500,
    cause: new FtpRefusal(reply),
  });
}

/** The code of the reply that a failure comes from; undefined where it comes from none. */
export function refusalCode(error: unknown): number | undefined {
  const cause = error instanceof TransportError ? error.cause : undefined;
  return cause instanceof FtpRefusal ? cause.code : undefined;
}

/** Whether the server answered, and refused: the session goes on. */
export function isRefusal(error: unknown): boolean {
  return refusalCode(error) !== undefined && !isTransportError(error, "connection-lost", "protocol-error");
}

/** A reply that is no answer to what was asked: whose answer it is, nobody knows any more. */
export function strayReply(reply: FtpReply, asked: string): TransportError {
  return new TransportError("protocol-error", `the server answered ${asked} with: ${replyText(reply)}`);
}

/** A reply that came while nothing was asked. A server says so before it closes. */
export function unaskedReply(reply: FtpReply): TransportError {
  if (reply.code === 421) return closingError(reply);
  return new TransportError("protocol-error", `the server said, without being asked: ${replyText(reply)}`);
}

/** A server that says that it closes the connection. What was asked last was not done. */
export function closingError(reply: FtpReply): TransportError {
  return new TransportError("connection-lost", `the server closes the connection: ${replyText(reply)}`, {
    temporary: true,
    cause: new FtpRefusal(reply),
  });
}

/** A server that knows nobody any more on a connection that was logged in. What was asked last was not done. */
export function forgottenLogin(reply: FtpReply): TransportError {
  return new TransportError("connection-lost", `the server forgot who is logged in: ${replyText(reply)}`, {
    temporary: true,
    cause: new FtpRefusal(reply),
  });
}

/** As `closingError`, in the middle of a transfer, part of which was done. */
export function lostInTransfer(reply: FtpReply): TransportError {
  return new TransportError("connection-lost", closingError(reply).reason, { temporary: true });
}

/**
 * What servers say to one connection too many, in place of a greeting or an answer to the login: vsftpd "too many connections from your internet address",
 * "too many connected users"; ProFTPD "the maximum number of allowed clients (2) are already connected"; Pure-FTPd "2 users (the maximum) are already logged
 * in", "Too many connections (2) from this IP", "I can't accept more than 2 connections as the same user"; wu-ftpd "access denied, limit (2) reached"; glFTPd
 * "your account is restricted to 2 simultaneous logins".
 */
const busy =
  /too many|accept more than|maximum (?:number|allowed|connections|clients|users|login)|\(the maximum\)|already (?:logged in|connected)|(?:connection|user|client|session|login) limit|limit of .{0,40}(?:connections|users|clients|sessions)|limit .{0,20}reached|maximum .{0,40}reached|(?:simultaneous|concurrent) (?:connections|users|clients|sessions|logins)|no more (?:connections|users|clients|sessions)|server is (?:too )?(?:busy|full)|try (?:again )?later/i;

/** What else there may be too many of: to try again and again makes that worse. */
const attempts =
  /attempts?\b|login failures|(?:failed|incorrect|invalid|bad|wrong) (?:logins?|passwords?)|\b(?:banned|blocked)/i;

/** Why a server does not let a further connection in; undefined where it says something else. */
export function tooManyError(reply: FtpReply): TransportError | undefined {
  const text = reply.lines.join(" ");
  if (![421, 450, 500, 530, 550].includes(reply.code) || !busy.test(text) || attempts.test(text)) return undefined;
  return new TransportError("too-many-connections", `the server refuses a further connection: ${replyText(reply)}`, {
    temporary: true,
    hint: "It limits connections for each user, address or in all; lower connections, or close others",
    cause: new FtpRefusal(reply),
  });
}

/** Why a TCP connection to an FTP server could not be made. */
export function ftpConnectError(error: NodeJS.ErrnoException, target: Endpoint): TransportError {
  return connectError(error, target, "an FTP server");
}

/** Why a data connection could not be made. */
export function dataConnectError(error: NodeJS.ErrnoException, target: Endpoint): TransportError {
  // Who refuses says so in another way: it was there, and broke before anybody here has seen it.
  if (error.code === "ECONNRESET") return dataLostError(error);
  const failure = connectError(error, target, "an FTP server");
  return new TransportError("connection-failed", `no data connection: ${failure.reason}`, {
    temporary: true,
    hint: "A firewall may block the server's passive ports",
    cause: error,
  });
}

/** Why a data connection that worked is gone, where it was not dropped for a reason of ours; nothing where it was just closed. */
export function dataLostError(error?: NodeJS.ErrnoException | null): TransportError {
  if (error instanceof TransportError) return error;
  if (error?.code?.startsWith("ERR_SSL_") === true) return brokenTls(error);
  const reason = errnoReasons[error?.code ?? ""] ?? "the server closed it";
  return new TransportError("connection-lost", `the data connection broke: ${reason}`, {
    temporary: true,
    cause: error ?? undefined,
  });
}

/** Why a control connection that worked is gone; undefined where it was just closed. */
export function controlLostError(error: NodeJS.ErrnoException | undefined): TransportError {
  if (error instanceof TransportError) return error;
  if (error?.code?.startsWith("ERR_SSL_") === true) return brokenTls(error);
  const reason = errnoReasons[error?.code ?? ""];
  return new TransportError(
    "connection-lost",
    reason === undefined ? "the server closed the connection" : `the connection broke: ${reason}`,
    { temporary: true, cause: error },
  );
}

/** What ends a TLS session that was made. */
function brokenTls(error: NodeJS.ErrnoException): TransportError {
  // Under TLS 1.3 a server refuses a client's certificate after the handshake.
  if (/ALERT_/.test(error.code ?? "")) return tlsError(error);
  return new TransportError("protocol-error", "what comes from the server is no TLS any more", {
    cause: error,
  });
}
