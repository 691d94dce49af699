import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { AtomicPut } from "../../transport/primitives.ts";
import { OpenFile, passOver } from "./open-file.ts";
import type { SftpAttributes } from "./protocol/attributes.ts";
import { openFlag } from "./protocol/messages.ts";
import type { Replacement } from "./put-new.ts";
import { openTemporary, putNew } from "./put-new.ts";
import { explained, whyNotOpened, whyNotRenamed } from "./second-look.ts";
import { modeOf, typeOf } from "./sftp-stat.ts";
import { checkFinish, writeAndClose } from "./sftp-write.ts";
import { fillAndClose, smallSource } from "./small-file.ts";
import { throwIfAborted } from "./write-behind.ts";

/** Replaces a file by new content; resolves with the bytes written. Three round trips for a small one, two where there is nothing to replace. */
export async function putAtomically(replacement: Replacement, put: AtomicPut): Promise<number> {
  const { session, temporary, signal, kept } = replacement;
  checkFinish(session, put);
  const small = smallSource(session, put.source);
  if (small !== undefined && put.isNew && session.inOrder) return await putNew(replacement, put, small);
  return await replaceFile(replacement, put, async (file, oldMode) => {
    const finish = { mode: put.mode ?? oldMode, mtime: put.mtime, fsync: put.fsync };
    if (small === undefined) {
      const sizeBytes = await writeAndClose(file, temporary, put.source, 0, finish, signal);
      if (kept !== undefined) kept.sizeBytes = sizeBytes;
      return sizeBytes;
    }
    await fillAndClose(file, temporary, small, finish);
    return small.length;
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
    await replaceFile(replacement, { mode: undefined, isNew: false }, async (file) => {
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
  { session, lease, target, temporary, signal, discard, renames, kept }: Replacement,
  { mode, isNew }: Pick<AtomicPut, "mode" | "isNew">,
  write: (temporary: OpenFile, oldMode: number | undefined) => Promise<T>,
): Promise<T> {
  const looking = isNew ? undefined : lease.awaiting(session.lstat(target));
  const [old, opened] = await Promise.allSettled([looking, lease.awaiting(openTemporary(session, temporary, mode))]);
  const file = opened.status === "fulfilled" ? new OpenFile(session, opened.value, lease) : undefined;
  try {
    const replaced = old.status === "fulfilled" ? old.value : undefined;
    const type = replaced && typeOf(replaced);
    if (type === "directory") throw new TransportError("is-a-directory", "a directory is in the way");
    if (opened.status === "rejected") throw opened.reason;
    throwIfAborted(signal);
    const result = await write(file as OpenFile, type === "file" ? modeOf(replaced as SftpAttributes) : undefined);
    throwIfAborted(signal);
    renames();
    await explained(
      lease.awaiting(session.posixRename(temporary, target)),
      whyNotRenamed(session, temporary, target, true),
    );
    return result;
  } catch (error) {
    file?.close().catch(passOver);
    // A look tells whether it was renamed.
    if (kept?.sizeBytes !== undefined && isTransportError(error, "connection-lost")) throw error;
    // Where the server refused to make it, it is not there; where the connection broke, nobody knows.
    if (opened.status === "fulfilled" || isTransportError(opened.reason, "connection-lost", "timeout"))
      await lease.awaiting(discard(temporary));
    throw error;
  }
}
