import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { AtomicPut } from "../../transport/primitives.ts";
import { OpenFile, passOver } from "./open-file.ts";
import type { SftpAttributes } from "./protocol/attributes.ts";
import { openFlag } from "./protocol/messages.ts";
import type { SftpSession } from "./protocol/sftp-session.ts";
import { explained, whyNotOpened, whyNotRenamed } from "./second-look.ts";
import { modeOf, typeOf } from "./sftp-stat.ts";
import { checkFinish, writeAndClose } from "./sftp-write.ts";
import type { StreamLease } from "./stream-lease.ts";
import { throwIfAborted } from "./write-behind.ts";

/** A file that is written beside its name first, and then renamed into its place. */
export interface Replacement {
  readonly session: SftpSession;
  readonly lease: StreamLease;
  readonly target: string;
  /** In the same directory. */
  readonly temporary: string;
  readonly signal: AbortSignal | undefined;
  /** Called when the temporary may be there and is of no use any more. */
  readonly discard: () => Promise<void>;
}

/** Replaces a file by new content; resolves with the bytes written. Three round trips for a small one. */
export async function putAtomically(replacement: Replacement, put: AtomicPut): Promise<number> {
  const { session, temporary, signal } = replacement;
  checkFinish(session, put);
  return await replaceFile(replacement, put.mode, async (file, oldMode) => {
    const finish = { mode: put.mode ?? oldMode, mtime: put.mtime, fsync: put.fsync };
    return await writeAndClose(file, temporary, put.source, 0, finish, signal);
  });
}

/** Replaces a file by a copy of another, which the server makes. */
export async function copyAtomically(replacement: Replacement, from: string): Promise<void> {
  const { session, lease } = replacement;
  const looking = lease.awaiting(session.stat(from));
  looking.catch(passOver); // Where the look fails, so does the opening.
  const source = new OpenFile(
    session,
    await lease.awaiting(explained(session.open(from, openFlag.read), whyNotOpened(session, from, false))),
    lease,
  );
  try {
    const attributes = await looking;
    if (typeOf(attributes) === "directory") throw new TransportError("is-a-directory", "it is a directory");
    await replaceFile(replacement, undefined, async (file) => {
      const copying = lease.awaiting(session.copyData(source.handle, file.handle));
      const mode = modeOf(attributes);
      // After the content, which takes some bits away.
      const setting =
        mode === undefined ? undefined : lease.awaiting(session.fsetstat(file.handle, { permissions: mode }));
      await Promise.all([copying, setting, file.close()]);
    });
  } finally {
    source.close().catch(passOver);
  }
}

/** `write` fills and closes the temporary; it is told the mode of the file that is replaced. */
async function replaceFile<T>(
  { session, lease, target, temporary, signal, discard }: Replacement,
  mode: number | undefined,
  write: (temporary: OpenFile, oldMode: number | undefined) => Promise<T>,
): Promise<T> {
  const looking = lease.awaiting(session.lstat(target));
  // Not wider than asked for, from the first moment on; exact later, since the server's umask has its say here.
  const attributes: SftpAttributes = mode === undefined ? {} : { permissions: mode & 0o777 };
  const opening = lease.awaiting(
    session.open(temporary, openFlag.write | openFlag.create | openFlag.exclusive, attributes),
  );
  const [old, opened] = await Promise.allSettled([looking, opening]);
  const file = opened.status === "fulfilled" ? new OpenFile(session, opened.value, lease) : undefined;
  try {
    if (old.status === "fulfilled" && typeOf(old.value) === "directory")
      throw new TransportError("is-a-directory", "a directory is in the way");
    if (opened.status === "rejected") throw opened.reason;
    throwIfAborted(signal);
    const oldMode = old.status === "fulfilled" && typeOf(old.value) === "file" ? modeOf(old.value) : undefined;
    const result = await write(file as OpenFile, oldMode);
    throwIfAborted(signal);
    await explained(
      lease.awaiting(session.posixRename(temporary, target)),
      whyNotRenamed(session, temporary, target, true),
    );
    return result;
  } catch (error) {
    file?.close().catch(passOver);
    // Where the server refused to make it, it is not there; where the connection broke, nobody knows.
    if (opened.status === "fulfilled" || isTransportError(opened.reason, "connection-lost", "timeout"))
      await lease.awaiting(discard());
    throw error;
  }
}
