import { Readable } from "node:stream";

import { whenAborted } from "../../connection/abort.ts";
import { TransportError, toTransportError } from "../../errors/transport-error.ts";
import { makeLender } from "../../transport/lent-chunks.ts";
import type { PartReader } from "../../transport/primitives.ts";
import { tooLarge } from "../../transport/verbs/read-all.ts";
import type { OpenFile } from "./open-file.ts";
import { passOver } from "./open-file.ts";
import type { SftpHandle, SftpSession } from "./protocol/sftp-session.ts";
import { hasStatus, status } from "./protocol/status.ts";
import type { ReadRange } from "./read-ahead.ts";
import { ReadAhead, readRest } from "./read-ahead.ts";
import { ReadShare } from "./read-share.ts";
import { typeOf } from "./sftp-stat.ts";

/** All of a range in memory. Closes the file. */
export async function readBytes(file: OpenFile, range: ReadRange, maxBytes: number): Promise<Buffer> {
  try {
    const reader = new ReadAhead(file, range);
    const left = await reader.left();
    if (left === undefined) return await readUntilEnd(reader, maxBytes);
    if (left > maxBytes) throw tooLarge(maxBytes);
    if (left > file.session.readBytes) return await readKnown(reader, left);
    const only = (await reader.next()) ?? Buffer.alloc(0);
    return reader.ended ? only : Buffer.concat([only, await readUntilEnd(reader, maxBytes - only.length)]);
  } finally {
    file.release();
  }
}

/**
 * A file of which a listing has told the length, or a range of it: the READ and the CLOSE travel together. One byte more is asked for than there should
 * be. Undefined where the file has another length by now, or the server does not answer in one piece: then somebody has to look.
 */
export async function readExpected(
  session: SftpSession,
  handle: SftpHandle,
  { offset, length = Infinity }: ReadRange,
  expectedBytes: number,
): Promise<Buffer | undefined> {
  const due = Math.max(0, Math.min(expectedBytes - offset, length));
  const reading = session.read(handle, offset, due < length ? due + 1 : due);
  session.close(handle).catch(passOver);
  try {
    const bytes = (await reading) ?? Buffer.alloc(0);
    return bytes.length === due ? bytes : undefined;
  } catch (error) {
    // A directory is opened like a file.
    if (hasStatus(error, status.failure)) return undefined;
    throw error;
  }
}

async function readKnown(reader: ReadAhead, length: number): Promise<Buffer> {
  const whole = Buffer.allocUnsafeSlow(length);
  reader.readInto(whole);
  let size = 0;
  for (let part = await reader.next(); part !== undefined; part = await reader.next()) {
    if (part.buffer !== whole.buffer) part.copy(whole, size);
    size += part.length;
  }
  return whole.subarray(0, size);
}

async function readUntilEnd(reader: ReadAhead, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for (let part = await reader.next(); part !== undefined; part = await reader.next()) {
    size += part.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    parts.push(part);
  }
  return Buffer.concat(parts, size);
}

/** Bytes that wait in a stream itself: what it is given at a time is as much or more. What is ahead of it is with `ReadAhead`. */
const highWaterMark = 32 * 1024;

/** A file as a stream. The lease is given back with the last byte, or when the stream is destroyed. */
export class RemoteReadable extends Readable {
  readonly #file: OpenFile;
  readonly #share: ReadShare;
  readonly #reader: ReadAhead;
  readonly #stopListening: () => void;
  readonly #place: (error: unknown) => TransportError;
  #isLent = false;

  /** `place` says of a failure which verb and URL it concerns. */
  constructor(
    file: OpenFile,
    range: ReadRange,
    signal: AbortSignal | undefined,
    place: (error: unknown) => TransportError,
  ) {
    super({ highWaterMark });
    this.#file = file;
    this.#share = new ReadShare(file.session);
    this.#reader = new ReadAhead(file, range, this.#share);
    this.#place = place;
    makeLender(this, () => {
      this.#isLent = true;
      return () => this.#reader.lend().catch((error: unknown) => Promise.reject(place(error)));
    });
    this.#stopListening = whenAborted(signal, () => {
      this.destroy(place(new TransportError("aborted", "the operation was aborted", { cause: signal?.reason })));
    });
  }

  override _read(): void {
    if (this.#isLent) return;
    this.#reader.next().then(
      (bytes) => {
        if (this.destroyed) return;
        if (bytes !== undefined) this.push(bytes);
        if (bytes !== undefined && !this.#reader.ended) return;
        this.#leave();
        this.push(null);
      },
      (error: unknown) => this.destroy(this.#place(error)),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#leave();
    callback(error);
  }

  #leave(): void {
    this.#share.leave();
    this.#stopListening();
    this.#file.release();
  }
}

/** A file that is read in parts, each as long as it has to be. */
export function partReader(file: OpenFile): PartReader {
  const { session, handle, lease } = file;
  return {
    async read(offset, length) {
      try {
        const first = await lease.awaiting(session.read(handle, offset, Math.min(length, session.readBytes)));
        return first === undefined ? Buffer.alloc(0) : await readRest(file, first, offset, length);
      } catch (error) {
        if (hasStatus(error, status.failure) && typeOf(await lease.awaiting(session.fstat(handle))) === "directory") {
          throw new TransportError("is-a-directory", "it is a directory", { cause: error });
        }
        throw toTransportError(error);
      }
    },
    close() {
      file.release();
      return Promise.resolve();
    },
  };
}
