import type { ErrorCode } from "../../errors/error-code.ts";
import { isNoAnswer } from "../../errors/no-answer.ts";
import { TransportError, isTransportError, toTransportError } from "../../errors/transport-error.ts";
import type { EntryType } from "../../transport/stat.ts";
import { extension } from "./protocol/messages.ts";
import type { SftpSession } from "./protocol/sftp-session.ts";
import { hasStatus, status } from "./protocol/status.ts";
import { typeOf } from "./sftp-stat.ts";

/** What a look found: nothing, or something of a type. */
type Found = EntryType | "nothing";

/**
 * Waits for a change; where the server answered with something that has several meanings, a second look tells which it is. OpenSSH says "Failure" for
 * most of what has a name (EEXIST, ENOTEMPTY, EISDIR), and "no such file" also for what is behind a file (ENOTDIR).
 */
export async function explained<T>(
  answer: Promise<T>,
  why: (error: TransportError) => Promise<TransportError | undefined>,
): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const failure = toTransportError(error);
    if (!hasStatus(failure, status.failure, status.noSuchFile, status.permissionDenied, status.badMessage))
      throw failure;
    throw (await why(failure).catch(unlessLost)) ?? failure;
  }
}

/** A look that is refused tells nothing, and what the server said stands; one that loses the wire is a failure of its own. */
function unlessLost(error: unknown): undefined {
  if (isNoAnswer(error)) throw error;
}

export function whyNotListed(session: SftpSession, path: string) {
  return async (error: TransportError): Promise<TransportError | undefined> => {
    const found = await look(session, path, true);
    if (found === "directory") return session.isFull ? tooManyOpen(error) : undefined;
    return found === "nothing" ? undefined : told("not-a-directory", "it is not a directory", error);
  };
}

/** `exclusive`: whether anything in its place is what failed it. */
export function whyNotOpened(session: SftpSession, path: string, exclusive: boolean) {
  return async (error: TransportError): Promise<TransportError | undefined> => {
    if (isTransportError(error, "not-found")) return undefined;
    if (exclusive && (await look(session, path, false)) !== "nothing")
      return told("already-exists", "there is something of that name already", error);
    if ((await look(session, path, true)) === "directory") return told("is-a-directory", "it is a directory", error);
    return session.isFull ? tooManyOpen(error) : undefined;
  };
}

export function whyNotMade(session: SftpSession, path: string) {
  return async (error: TransportError): Promise<TransportError | undefined> => {
    if (isTransportError(error, "not-found")) return undefined;
    return (await look(session, path, false)) === "nothing"
      ? undefined
      : told("already-exists", "there is something of that name already", error);
  };
}

export function whyNotDeleted(session: SftpSession, path: string) {
  return async (error: TransportError): Promise<TransportError | undefined> => {
    return (await look(session, path, false)) === "directory"
      ? told("is-a-directory", "it is a directory", error)
      : undefined;
  };
}

export function whyNotRemoved(session: SftpSession, path: string) {
  return async (error: TransportError): Promise<TransportError | undefined> => {
    const found = await look(session, path, false);
    if (found === "nothing") return undefined;
    if (found !== "directory") return told("not-a-directory", "it is not a directory", error);
    return (await isEmpty(session, path))
      ? undefined
      : told("directory-not-empty", "the directory is not empty", error);
  };
}

/** `replaces`: whether the rename replaces a file, so that one in its place is not what failed it. */
export function whyNotRenamed(session: SftpSession, from: string, to: string, replaces: boolean) {
  return async (error: TransportError): Promise<TransportError | undefined> => {
    if (isTransportError(error, "permission-denied")) return undefined;
    const [source, target] = await Promise.all([look(session, from, false), look(session, to, false)]);
    if (source === "nothing" || target === "nothing") return undefined;
    if (source === "directory" && to.startsWith(`${from}/`)) return undefined;
    if (target === "directory") {
      return source === "directory"
        ? told("directory-not-empty", "the directory in the way is not empty", error)
        : told("is-a-directory", "a directory is in the way", error);
    }
    if (source === "directory") return told("not-a-directory", "what is in the way is not a directory", error);
    return replaces ? undefined : told("already-exists", "there is something of that name already", error);
  };
}

/** "Failure" is all that OpenSSH says of a full disk. `path` is anything on it. */
export function whyNotWritten(session: SftpSession, path: string) {
  return async (error: TransportError): Promise<TransportError | undefined> => {
    if (!hasStatus(error, status.failure) || !session.extensions.has(extension.statvfs)) return undefined;
    const available = await session.availableBytes(path);
    return available > session.writeBytes ? undefined : told("no-space", "the server's disk is full", error);
  };
}

export function whyNotReadLink(session: SftpSession, path: string) {
  return async (error: TransportError): Promise<TransportError | undefined> => {
    const found = await look(session, path, false);
    return found === "nothing" || found === "link" ? undefined : told("unsupported", "it is no link", error);
  };
}

async function look(session: SftpSession, path: string, followLinks: boolean): Promise<Found> {
  try {
    return typeOf(await (followLinks ? session.stat(path) : session.lstat(path)));
  } catch (error) {
    if (isTransportError(error, "not-found")) return "nothing";
    throw error;
  }
}

async function isEmpty(session: SftpSession, path: string): Promise<boolean> {
  const handle = await session.opendir(path);
  try {
    for (let names = await session.readdir(handle); names !== undefined; names = await session.readdir(handle)) {
      if (names.some(({ name }) => name !== "." && name !== "..")) return false;
    }
    return true;
  } finally {
    await session.close(handle);
  }
}

/** "Failure" is all that a server says of it. As with files of this machine it passes. */
function tooManyOpen(cause: TransportError): TransportError | undefined {
  if (!hasStatus(cause, status.failure)) return undefined;
  return new TransportError("unexpected", "the server lets no more files be open at a time", {
    temporary: true,
    hint: "Close streams that are not read, or raise the server's limit of open files",
    cause,
  });
}

function told(code: ErrorCode, reason: string, cause: TransportError): TransportError {
  return new TransportError(code, reason, { cause });
}
