import type { Stats } from "node:fs";
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";

import { TransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import type { PartReader, WriteRequest, WriteResult } from "../../transport/primitives.ts";
import type { ByteSource } from "../../transport/verb-options.ts";
import { chunksOf } from "../../transport/verbs/source.ts";
import type { PartWriter } from "../../transport/write-stream.ts";
import { onDisk } from "./file-errors.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_TRUNC, O_WRONLY } = constants;

// Opening a named pipe otherwise waits for its other end, in one of Node's four threads, for as long as it takes. Windows has no such flag.
const withoutWaiting = constants.O_NONBLOCK ?? 0;

/** Opens a regular file to be read. A directory is `is-a-directory`; a pipe, which has no offsets, is `unsupported`. */
export async function openToRead(path: string): Promise<PartReader> {
  const handle = await openRegular(path, O_RDONLY);
  return {
    read: (offset, length) => onDisk(() => readPart(handle, offset, length)),
    close: () => onDisk(() => handle.close()),
  };
}

/** Opens a file to be written from its beginning; it is empty at once. */
export async function openToWrite(path: string, mode: number | undefined): Promise<PartWriter> {
  const handle = await openRegular(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  if (mode !== undefined) await onDisk(() => handle.chmod(mode));
  return {
    write: (offset, bytes) => onDisk(() => writePart(handle, bytes, offset)),
    close: () => onDisk(() => handle.close()),
  };
}

/** Writes all of a source to a file. Exactly the mode asked for is set at the end: writing would clear its special bits. */
export async function writeFile(
  path: string,
  source: ByteSource,
  request: WriteRequest,
  operation: Operation,
): Promise<WriteResult> {
  const { mode, mtime, fsync } = request;
  const { handle, isNew } = await openFor(path, request);
  try {
    const lengthBefore = request.how === "append" ? (await onDisk(() => handle.stat())).size : 0;
    let bytesWritten = 0;
    for await (const chunk of chunksOf(source, operation)) {
      await onDisk(() => writePart(handle, chunk, request.how === "append" ? null : bytesWritten));
      bytesWritten += chunk.length;
    }
    await onDisk(async () => {
      if (mode !== undefined && isNew) await handle.chmod(mode);
      if (mtime !== undefined) await handle.utimes(mtime, mtime);
      if (fsync) await handle.sync();
    });
    return { bytesWritten, lengthBefore };
  } finally {
    await onDisk(() => handle.close());
  }
}

/** The handle, and whether the mode asked for is the file's: only a new file takes it when something is appended. */
async function openFor(path: string, { how, mode }: WriteRequest): Promise<{ handle: FileHandle; isNew: boolean }> {
  if (how === "create") return { handle: await openRegular(path, O_WRONLY | O_CREAT | O_EXCL, mode), isNew: true };
  if (how === "replace") return { handle: await openRegular(path, O_WRONLY | O_CREAT | O_TRUNC, mode), isNew: true };
  try {
    return { handle: await openRegular(path, O_WRONLY | O_APPEND), isNew: false };
  } catch (error) {
    if (!(error instanceof TransportError) || error.code !== "not-found") throw error;
    return { handle: await openRegular(path, O_WRONLY | O_APPEND | O_CREAT, mode), isNew: true };
  }
}

async function openRegular(path: string, flags: number, mode?: number): Promise<FileHandle> {
  return await onDisk(async () => {
    const handle = await open(path, flags | withoutWaiting, mode);
    try {
      checkRegular(await handle.stat());
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  });
}

/** Refuses what has no content of its own. Devices are let through: they were asked for by name. */
export function checkRegular(stats: Stats): void {
  if (stats.isDirectory()) throw new TransportError("is-a-directory", "it is a directory");
  if (stats.isFIFO() || stats.isSocket()) throw new TransportError("unsupported", "a pipe or a socket is no file");
}

/** The bytes of a part, fewer only where the file ends: a single read may give less. */
async function readPart(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function writePart(handle: FileHandle, bytes: Uint8Array, offset: number | null): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(
      bytes,
      done,
      bytes.length - done,
      offset === null ? null : offset + done,
    );
    done += bytesWritten;
  }
}
