import type { FtpWire } from "../../drivers/basic-ftp.ts";
import { isRefusal } from "../../drivers/basic-ftp.ts";
import type { ErrorCode } from "../../errors/error-code.ts";
import { TransportError, isTransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Stat } from "../../transport/stat.ts";
import { listOf } from "./ftp-list.ts";
import { lookFor } from "./ftp-look.ts";

/**
 * Waits for a change; where the server refused, which it does with 550 or 553 whatever the reason, a second look tells which it is. Where the look
 * tells nothing, what the server said stands.
 */
export async function explained<T>(
  answer: Promise<T>,
  why: (error: TransportError) => Promise<TransportError | undefined>,
): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    // What has nothing to do with what is there is told as it is.
    if (!isRefusal(error) || isTransportError(error, "connection-failed", "tls-failed", "no-space")) throw error;
    const failure = toTransportError(error);
    throw (await unlessRefused(why(failure))) ?? failure;
  }
}

/** A look that is refused tells nothing; one that breaks the wire is a failure of its own. */
async function unlessRefused<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined;
  }
}

/** Why something could not be read or written in the place of what is there. */
export function whyNotOpened(wire: FtpWire, path: string, how: "read" | "write") {
  return async (error: TransportError): Promise<TransportError | undefined> => {
    const found = await lookFor(wire, path);
    if (found?.type === "directory") return told("is-a-directory", "it is a directory", error);
    if (found !== undefined) return denied(error);
    return how === "read" ? missing(error) : await whyNoParent(wire, path, error);
  };
}

export function whyNotListed(wire: FtpWire, path: string) {
  return async (error: TransportError): Promise<TransportError | undefined> => {
    const found = await lookFor(wire, path);
    if (found === undefined) return missing(error);
    return found.type === "directory" ? denied(error) : told("not-a-directory", "it is not a directory", error);
  };
}

export function whyNotMade(wire: FtpWire, path: string) {
  return async (error: TransportError): Promise<TransportError | undefined> =>
    (await lookFor(wire, path)) === undefined
      ? await whyNoParent(wire, path, error)
      : told("already-exists", "there is something of that name already", error);
}

export function whyNotDeleted(wire: FtpWire, path: string) {
  return async (error: TransportError): Promise<TransportError | undefined> => {
    const found = await lookFor(wire, path);
    if (found === undefined) return missing(error);
    return found.type === "directory" ? told("is-a-directory", "it is a directory", error) : denied(error);
  };
}

export function whyNotRemoved(wire: FtpWire, path: string) {
  return async (error: TransportError): Promise<TransportError | undefined> => {
    const found = await lookFor(wire, path);
    if (found === undefined) return missing(error);
    if (found.type !== "directory") return told("not-a-directory", "it is not a directory", error);
    const entries = await listOf(wire, path);
    return entries.some(({ self, name }) => !self && name !== "..")
      ? told("directory-not-empty", "the directory is not empty", error)
      : denied(error);
  };
}

/** `what`: what some servers change of files, and never of directories. */
export function whyNotChanged(wire: FtpWire, path: string, what: "mode" | "time") {
  return async (error: TransportError): Promise<TransportError | undefined> => {
    const found = await lookFor(wire, path);
    if (found === undefined) return missing(error);
    return what === "time" && found.type === "directory"
      ? told("unsupported", "the server does not set the time of a directory", error)
      : denied(error);
  };
}

export function whyNotRenamed(wire: FtpWire, from: string, to: string) {
  return async (error: TransportError): Promise<TransportError | undefined> => {
    const source = await lookFor(wire, from);
    if (source === undefined) return missing(error);
    const target = await lookFor(wire, to);
    if (target === undefined) return await whyNoParent(wire, to, error);
    return whatIsInTheWay(source, target, error);
  };
}

function whatIsInTheWay(source: Stat, target: Stat, error: TransportError): TransportError {
  if (target.type === "directory") {
    return source.type === "directory"
      ? told("directory-not-empty", "the directory in the way is not empty", error)
      : told("is-a-directory", "a directory is in the way", error);
  }
  if (source.type === "directory") return told("not-a-directory", "what is in the way is not a directory", error);
  // Servers that replace nothing say so; others refuse for reasons of their own.
  return /exist|overwrit|replac/i.test(error.reason)
    ? told("already-exists", "there is something of that name already", error)
    : denied(error);
}

/** Nothing is there, and nothing can be made: is there no directory to make it in? */
async function whyNoParent(wire: FtpWire, path: string, error: TransportError): Promise<TransportError> {
  const end = path.lastIndexOf("/");
  const parent = await lookFor(wire, path.slice(0, end) || "/");
  if (parent === undefined) return missing(error);
  // A link may lead to a directory, or nowhere: what the server said stands.
  if (parent.type === "file") return told("not-a-directory", "what it should be in is not a directory", error);
  return denied(error);
}

function missing(cause: TransportError): TransportError {
  return told("not-found", "there is nothing of that name", cause);
}

function denied(cause: TransportError): TransportError {
  return cause.code === "no-space" || cause.code === "unsupported"
    ? cause
    : // What the server refuses for now (450) it may allow later.
      told("permission-denied", cause.reason, cause).with({ temporary: cause.temporary });
}

function told(code: ErrorCode, reason: string, cause: TransportError): TransportError {
  return new TransportError(code, reason, { cause: cause.cause });
}
