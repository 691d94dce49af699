import type { ByteSource } from "../../transport/verb-options.ts";
import type { OpenFile } from "./open-file.ts";
import type { SftpSession } from "./protocol/sftp-session.ts";
import { explained, whyNotWritten } from "./second-look.ts";
import type { Finish } from "./sftp-write.ts";
import { clearedByWriting, secondsOfWriting } from "./sftp-write.ts";

/** The bytes of a source that one request carries; undefined for one that is larger, or whose end is not known. */
export function smallSource(session: SftpSession, source: ByteSource): Uint8Array | undefined {
  const bytes = typeof source === "string" ? Buffer.from(source, "utf8") : source;
  return bytes instanceof Uint8Array && bytes.length <= session.writeBytes ? bytes : undefined;
}

/**
 * Sends together all that makes a new or empty open file what it is to be, its close included; resolves once the server said that all of it worked.
 * `path` is where to look for space when it did not.
 */
export async function fillAndClose(
  file: OpenFile,
  path: string,
  bytes: Uint8Array,
  { mode, mtime, fsync }: Finish,
): Promise<void> {
  const { session, handle, lease } = file;
  const requests: Promise<void>[] = [];
  // Before the content, so that nobody reads it who is not to.
  if (mode !== undefined) requests.push(session.fsetstat(handle, { permissions: mode }));
  if (bytes.length > 0) requests.push(session.write(handle, 0, bytes));
  if (mtime !== undefined || ((mode ?? 0) & clearedByWriting) !== 0)
    requests.push(session.fsetstat(handle, { permissions: mode, times: mtime && secondsOfWriting(mtime) }));
  if (fsync) requests.push(session.fsync(handle));
  requests.push(file.close());
  await explained(lease.awaiting(Promise.all(requests)), whyNotWritten(session, path));
}
