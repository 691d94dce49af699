import type { WriteRequest, WriteResult } from "../../transport/primitives.ts";
import type { ByteSource } from "../../transport/verb-options.ts";
import { OpenFile } from "./open-file.ts";
import { openFlag } from "./protocol/messages.ts";
import type { SftpAttributes } from "./protocol/attributes.ts";
import type { SftpSession } from "./protocol/sftp-session.ts";
import { isTransportError } from "../../errors/transport-error.ts";
import { explained, whyNotOpened } from "./second-look.ts";
import { checkFinish, writeAndClose } from "./sftp-write.ts";
import { fillAndClose, smallSource } from "./small-file.ts";
import type { AnswerLease } from "./stream-lease.ts";

const flagsFor = {
  replace: openFlag.write | openFlag.create | openFlag.truncate,
  create: openFlag.write | openFlag.create | openFlag.exclusive,
  // OpenSSH then writes at the end, whoever else does; a server that takes no heed of the flag writes where each request says, which is the same place.
  append: openFlag.write | openFlag.create | openFlag.append,
} as const;

/** Writes into a file under its own name. */
export async function writeInPlace(
  session: SftpSession,
  lease: AnswerLease,
  path: string,
  source: ByteSource,
  request: WriteRequest,
  signal: AbortSignal | undefined,
): Promise<WriteResult> {
  const { how, mode, mtime, fsync } = request;
  checkFinish(session, request);
  const looking = how === "append" ? lease.awaiting(isMissing(session, path)) : true;
  const attributes: SftpAttributes = mode === undefined ? {} : { permissions: mode & 0o777 };
  const opening = lease.awaiting(
    explained(session.open(path, flagsFor[how], attributes), whyNotOpened(session, path, how === "create")),
  );
  const [isNew, handle] = await Promise.all([looking, opening]);
  const file = new OpenFile(session, handle, lease);
  const lengthBefore = how === "append" ? ((await lease.awaiting(session.fstat(handle))).size ?? 0) : 0;
  request.begins?.(lengthBefore);
  // Appending leaves the mode of a file alone that was there.
  const finish = { mode: isNew ? mode : undefined, mtime, fsync };
  const small = smallSource(session, source);
  if (small !== undefined && how !== "append") {
    await fillAndClose(file, path, small, finish);
    return { bytesWritten: small.length, lengthBefore };
  }
  const bytesWritten = await writeAndClose(file, path, source, lengthBefore, finish, signal);
  return { bytesWritten, lengthBefore };
}

async function isMissing(session: SftpSession, path: string): Promise<boolean> {
  try {
    await session.stat(path);
    return false;
  } catch (error) {
    return isTransportError(error, "not-found");
  }
}
