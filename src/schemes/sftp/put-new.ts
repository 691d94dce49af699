import { isTransportError } from "../../errors/transport-error.ts";
import type { AtomicPut } from "../../transport/primitives.ts";
import type { Location } from "../../url/location.ts";
import { OpenFile, passOver } from "./open-file.ts";
import { openFlag } from "./protocol/messages.ts";
import type { SftpHandle, SftpSession } from "./protocol/sftp-session.ts";
import { SftpStatus } from "./protocol/status.ts";
import { explained, whyNotRenamed } from "./second-look.ts";
import { fillAndClose } from "./small-file.ts";
import type { AnswerLease } from "./stream-lease.ts";
import { throwIfAborted } from "./write-behind.ts";

/** A file that is written beside its name first, and then renamed into its place. */
export interface Replacement {
  readonly session: SftpSession;
  readonly lease: AnswerLease;
  readonly target: string;
  /** In the same directory. */
  readonly temporary: string;
  readonly signal: AbortSignal | undefined;
  /** Where the content cannot be sent again, what is to be known of the temporary: one that is whole is not discarded over a lost connection. */
  readonly kept?: KeptTemporary | undefined;
  /** Called with what may be there and is of no use any more: the temporary, or a file under the new name that is not whole. */
  readonly discard: (path: string) => Promise<void>;
  /** Called when the temporary is about to be given its file's name. */
  readonly renames: () => void;
}

/** A temporary that may have to be renamed on another connection. */
export interface KeptTemporary {
  at?: Location;
  /** Its length, once it is whole and there is nothing left to do but to rename it. */
  sizeBytes?: number;
}

/** Opens a temporary that nobody else has. */
export function openTemporary(session: SftpSession, path: string, mode: number | undefined): Promise<SftpHandle> {
  // Not wider than asked for, from the first moment on; exact later, since the server's umask has its say here.
  const attributes = mode === undefined ? {} : { permissions: mode & 0o777 };
  return session.open(path, openFlag.write | openFlag.create | openFlag.exclusive, attributes);
}

/**
 * Puts a small file where nothing is, on a server that acts in order: it is given its name in the same breath as its content. Where the content turns
 * out to have been refused, as by a full disk, the name is taken away again.
 */
export async function putNew(replacement: Replacement, put: AtomicPut, bytes: Uint8Array): Promise<number> {
  const { session, lease, target, temporary, discard, renames } = replacement;
  const file = await createTemporary(replacement, put.mode);
  const filling = fillAndClose(file, target, bytes, put);
  renames();
  const naming = lease.awaiting(session.posixRename(temporary, target));
  const [filled, named] = await Promise.allSettled([filling, naming]);
  if (filled.status === "fulfilled" && named.status === "fulfilled") return bytes.length;
  if (filled.status === "rejected") {
    // Under which name the rest of it is, the server has said, or nobody knows.
    if (!isRefusal(named) && isRefusal(filled)) await discard(target);
    if (named.status === "rejected") await discard(temporary);
    throw filled.reason;
  }
  try {
    await explained(naming, whyNotRenamed(session, temporary, target, true));
    return bytes.length;
  } catch (error) {
    await discard(temporary);
    throw error;
  }
}

async function createTemporary(
  { session, lease, temporary, signal, discard }: Replacement,
  mode: number | undefined,
): Promise<OpenFile> {
  let file: OpenFile | undefined;
  try {
    file = new OpenFile(session, await lease.awaiting(openTemporary(session, temporary, mode)), lease);
    throwIfAborted(signal);
    return file;
  } catch (error) {
    file?.close().catch(passOver);
    // Where the server refused to make it, it is not there; where the connection broke, nobody knows.
    if (file !== undefined || isTransportError(error, "connection-lost", "timeout")) await discard(temporary);
    throw error;
  }
}

/** Whether the server has answered, and with no. */
function isRefusal(outcome: PromiseSettledResult<unknown>): boolean {
  return outcome.status === "rejected" && rootOf(outcome.reason) instanceof SftpStatus;
}

/** The driver's own error, of which a second look may have made another one. */
function rootOf(error: unknown): unknown {
  return isTransportError(error) ? rootOf(error.cause) : error;
}
