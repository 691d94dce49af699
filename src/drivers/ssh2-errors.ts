import { TransportError } from "../errors/transport-error.ts";
import { oneLine } from "../url/printable.ts";
import type { Endpoint } from "./socket-errors.ts";
import { connectError, errnoReasons } from "./socket-errors.ts";

/** An error as ssh2 and Node's sockets make them. */
export interface VendorError extends Error {
  /** Where in ssh2 it arose: `client-socket`, `handshake`, `protocol`, `agent`, `client-authentication`. */
  readonly level?: string;
  /** Of a socket its errno name; of the server's SSH_MSG_DISCONNECT its reason, a number. */
  readonly code?: string | number;
  /** Of a channel that was refused, the number of RFC 4254 section 5.1. */
  readonly reason?: number;
}

/** What the login had come to when it failed. */
export interface LoginProgress {
  readonly phase: "handshake" | "authenticate";
  /** The server's identification, `SSH-2.0-…`; undefined before it came. */
  readonly ident: string | undefined;
  /** Lines before it, as some servers say why they refuse. */
  readonly greeting: string;
}

/** Why a TCP connection to an SSH server could not be made. */
export function socketError(error: NodeJS.ErrnoException, target: Endpoint): TransportError {
  // Connected, and dropped at once: on a fast network both are told together.
  if (error.code === "ECONNRESET") return droppedError("", { cause: error });
  return connectError(error, target, "an SSH server");
}

/** The reason of SSH_MSG_DISCONNECT that says so (RFC 4253 section 11.1). */
const disconnectTooManyConnections = 12;

/** Why a login failed, `error` being undefined where the server just closed the connection. */
export function loginError(error: VendorError | undefined, { phase, ident, greeting }: LoginProgress): TransportError {
  const details = { cause: error };
  const closed =
    error === undefined || error.level === "client-socket" || error.message === "Connection lost before handshake";
  if (ident === undefined) return closed ? droppedError(greeting, details) : noServerError(greeting, details);
  if (error?.code === disconnectTooManyConnections) {
    return new TransportError("too-many-connections", `the server refuses: ${oneLine(error.message)}`, {
      ...details,
      temporary: true,
    });
  }
  if (phase === "authenticate" && error !== undefined && /too many authentication failures/i.test(error.message)) {
    return new TransportError("authentication-failed", "the server gave up after too many attempts to log in", {
      ...details,
      hint: "Name the one key to use with ssh: { identityFile: … }, and ssh: { agent: null } to leave the agent's out",
    });
  }
  const during = phase === "handshake" ? "during the key exchange" : "while logging in";
  if (closed)
    return new TransportError("connection-failed", `the server closed the connection ${during}`, {
      ...details,
      temporary: true,
    });
  if (typeof error.code === "number")
    return new TransportError(
      "connection-failed",
      `the server ended the connection ${during}: ${oneLine(error.message)}`,
      details,
    );
  if (/no matching/i.test(error.message)) {
    return new TransportError(
      "unsupported",
      `this client and the server have no algorithm in common: ${oneLine(error.message)}`,
      { ...details, hint: "Update the server, or change ssh: { ciphers: … }" },
    );
  }
  return new TransportError(
    "protocol-error",
    `the server does not speak SSH as it should: ${oneLine(error.message)}`,
    details,
  );
}

/** What servers write before they drop a connection that is one too many: OpenSSH's MaxStartups and PerSourcePenalties, and the like. */
const busy =
  /exceeded|too many|not allowed at this time|max(?:imum)? (?:number of )?(?:connections|startups)|try again/i;

/** What every identification begins with (RFC 4253 section 4.2). */
const identification = "SSH-2.0-";

function beginsIdent(greeting: string): boolean {
  return identification.startsWith(greeting) || greeting.startsWith(identification);
}

/** What has come from a server that has not said yet who it is: it may say anything before that, but it may be no SSH server either. */
export function heardBeforeIdent({ ident, greeting }: LoginProgress): string | undefined {
  if (ident !== undefined || greeting.trim() === "" || beginsIdent(greeting)) return undefined;
  return `what answers has not said that it is an SSH server, but: ${oneLine(greeting)}`;
}

const silentDrops = new WeakSet<TransportError>();

/**
 * Whether the server closed the connection before it said anything at all: as an overloaded one may, and as a proxy does before a server that is gone.
 */
export function isSilentDrop(error: unknown): boolean {
  return error instanceof TransportError && silentDrops.has(error);
}

/** Why a server is not there any more that said nothing, or `greeting` alone. */
export function droppedError(greeting: string, details: { readonly cause: unknown }): TransportError {
  if (greeting !== "" && beginsIdent(greeting)) {
    return new TransportError("connection-failed", "the server closed the connection while it said who it is", {
      ...details,
      temporary: true,
    });
  }
  if (greeting !== "" && !busy.test(greeting)) return noServerError(greeting, details);
  const said = greeting === "" ? "" : `: ${oneLine(greeting)}`;
  const reason = `the server closed the connection before it said who it is${said}`;
  const error = new TransportError("too-many-connections", reason, {
    ...details,
    temporary: true,
    hint: "It may limit new connections (MaxStartups), or refuse this address",
  });
  if (greeting === "") silentDrops.add(error);
  return error;
}

function noServerError(greeting: string, details: { readonly cause: unknown }): TransportError {
  const said = greeting === "" ? "" : `; it says: ${oneLine(greeting)}`;
  return new TransportError("protocol-error", `what answers is no SSH server${said}`, {
    ...details,
    hint: "Check the port",
  });
}

/** Why a session that worked is gone, `error` being undefined where the connection was just closed. */
export function lostError(error: VendorError | undefined): TransportError {
  if (error === undefined)
    return new TransportError("connection-lost", "the server closed the connection", { temporary: true });
  const details = { temporary: true, cause: error };
  if (error.level === "client-socket") {
    return new TransportError(
      "connection-lost",
      `the connection broke: ${errnoReasons[String(error.code)] ?? error.message}`,
      details,
    );
  }
  if (typeof error.code === "number")
    return new TransportError("connection-lost", `the server ended the connection: ${oneLine(error.message)}`, details);
  return new TransportError("protocol-error", `the server does not speak SSH as it should: ${oneLine(error.message)}`, {
    cause: error,
  });
}

/** Reasons of SSH_MSG_CHANNEL_OPEN_FAILURE (RFC 4254 section 5.1). */
const openFailures = { administrativelyProhibited: 1, connectFailed: 2 } as const;

/** Why a session channel or its subsystem was refused. */
export function subsystemError(error: VendorError, name: string): TransportError {
  if (error.reason === undefined) {
    return new TransportError("unsupported", `the server offers no ${name}`, {
      hint: `Have "Subsystem ${name}" enabled in the server's configuration`,
      cause: error,
    });
  }
  // OpenSSH's MaxSessions: it says "connect failed", others "prohibited" or "resource shortage".
  return new TransportError("too-many-connections", `the server refuses a further session: ${oneLine(error.message)}`, {
    temporary: true,
    cause: error,
  });
}

/** Why a jump host did not open a connection to where it should lead. */
export function tunnelError(error: VendorError, to: string): TransportError {
  if (error.reason === openFailures.administrativelyProhibited) {
    return new TransportError("permission-denied", `the jump host does not allow connections to ${to}`, {
      hint: "Its AllowTcpForwarding or PermitOpen forbids it",
      cause: error,
    });
  }
  const reason = error.reason === openFailures.connectFailed ? "nothing answers there" : oneLine(error.message);
  return new TransportError("connection-failed", `the jump host cannot connect to ${to}: ${reason}`, {
    temporary: true,
    cause: error,
  });
}
