import { Writable } from "node:stream";

import { whenAborted } from "../../connection/abort.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { ByteSource } from "../../transport/verb-options.ts";
import type { OpenFile } from "./open-file.ts";
import { passOver } from "./open-file.ts";
import { extension } from "./protocol/messages.ts";
import type { SftpSession } from "./protocol/sftp-session.ts";
import { Requests } from "./requests.ts";
import { secondsOf } from "./sftp-stat.ts";
import { WriteBehind } from "./write-behind.ts";

/** What a file is to have beside its content. */
export interface Finish {
  readonly mode: number | undefined;
  readonly mtime: Date | undefined;
  readonly fsync: boolean;
}

/** Set-user-ID and set-group-ID: the kernel takes them away from a file that is written to. */
export const clearedByWriting = 0o6000;

/** The times of a file that is written now and is to look as if it had been at `mtime`. */
export function secondsOfWriting(mtime: Date): { readonly accessed: number; readonly modified: number } {
  return { accessed: secondsOf(new Date()), modified: secondsOf(mtime) };
}

/**
 * Writes a source into an open file from `position` on, and closes it; resolves with the bytes written once the server said that all of it worked.
 * A small source costs one round trip: nothing waits for an answer that is not needed.
 */
export async function writeAndClose(
  file: OpenFile,
  path: string,
  source: ByteSource,
  position: number,
  { mode, mtime, fsync }: Finish,
  signal?: AbortSignal,
): Promise<number> {
  const { session, handle, lease } = file;
  const requests = new Requests();
  const late = mtime && secondsOfWriting(mtime);
  // Before the content, so that nobody reads it who is not to.
  if (mode !== undefined) requests.add(lease.awaiting(session.fsetstat(handle, { permissions: mode })));
  const writing = new WriteBehind(file, path, position);
  try {
    const bytesWritten = await writing.send(source, signal);
    if (late !== undefined || ((mode ?? 0) & clearedByWriting) !== 0) {
      requests.add(lease.awaiting(session.fsetstat(handle, { permissions: mode, times: late })));
    }
    if (fsync) requests.add(lease.awaiting(session.fsync(handle)));
    requests.add(file.close());
    await writing.settled();
    await requests.answered();
    return bytesWritten;
  } catch (error) {
    file.close().catch(passOver);
    throw error;
  }
}

/** Refuses what the server cannot do before anything is touched. */
export function checkFinish(session: SftpSession, { mtime, fsync }: Finish): void {
  if (mtime !== undefined) secondsOf(mtime);
  if (!fsync || session.extensions.has(extension.fsync)) return;
  throw new TransportError("unsupported", "the server cannot be asked to have a file on its disk", {
    hint: "Leave { fsync: true } out",
  });
}

/** A stream into an open file. A chunk's callback is called once the server has it, so that whoever opens the file afterwards sees it. */
export class RemoteWritable extends Writable {
  readonly #file: OpenFile;
  readonly #writing: WriteBehind;
  readonly #stopListening: () => void;
  readonly #place: (error: unknown) => TransportError;

  /** `place` says of a failure which verb and URL it concerns. */
  constructor(
    file: OpenFile,
    path: string,
    signal: AbortSignal | undefined,
    place: (error: unknown) => TransportError,
  ) {
    // What is written while a request is under way goes into the next ones, as many at once as there is.
    super({ highWaterMark: 8 * file.session.writeBytes, decodeStrings: true });
    this.#file = file;
    this.#writing = new WriteBehind(file, path, 0);
    this.#place = place;
    this.#stopListening = whenAborted(signal, () => {
      this.destroy(
        place(new TransportError("aborted", "the operation was aborted", { effect: "unknown", cause: signal?.reason })),
      );
    });
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#send([chunk], callback);
  }

  override _writev(chunks: { readonly chunk: Uint8Array }[], callback: (error?: Error | null) => void): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      callback,
    );
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#file.close().then(
      () => callback(),
      (error: unknown) => callback(this.#place(error)),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stopListening();
    this.#file.release();
    callback(error);
  }

  #send(chunks: readonly Uint8Array[], callback: (error?: Error | null) => void): void {
    const source = chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
    this.#writing.send(source, undefined).then(
      () =>
        this.#writing.settled().then(
          () => callback(),
          (error: unknown) => callback(this.#place(error)),
        ),
      (error: unknown) => callback(this.#place(error)),
    );
  }
}
