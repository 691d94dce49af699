import { constants } from "node:fs";

import { isTransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import type { PartReader, ReadBytesLimits, WriteRequest, WriteResult } from "../../transport/primitives.ts";
import type { ByteSource } from "../../transport/verb-options.ts";
import { tooLarge } from "../../transport/verbs/read-all.ts";
import type { PartWriter } from "../../transport/write-stream.ts";
import { writeSource } from "./gathered-writes.ts";
import { OpenFile, requireContent } from "./open-file.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_TRUNC, O_WRONLY } = constants;

/** Opens a regular file to be read. A directory is `is-a-directory`; a pipe, which has no offsets, is `unsupported`. */
export async function openToRead(path: string): Promise<PartReader> {
  const file = await openRegular(path, O_RDONLY);
  return {
    read: (offset, length) => readPart(file, offset, Buffer.allocUnsafeSlow(length)),
    readInto: (offset, buffer) => readPart(file, offset, buffer),
    close: () => file.close(),
  };
}

/** Opens a file to be written from its beginning; it is empty at once. */
export async function openToWrite(path: string, mode: number | undefined): Promise<PartWriter> {
  const file = await openRegular(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  if (mode !== undefined) await file.chmod(mode);
  return {
    write: (offset, chunks) => file.write(chunks, offset),
    close: () => file.close(),
  };
}

/** Writes all of a source to a file. Exactly the mode asked for is set at the end: writing would clear its special bits. */
export async function writeFile(
  path: string,
  source: ByteSource,
  request: WriteRequest,
  operation: Operation,
): Promise<WriteResult> {
  const { how, mode, mtime, fsync } = request;
  const { file, isNew } = await openFor(path, request);
  try {
    const lengthBefore = how === "append" ? (await file.stat()).size : 0;
    const bytesWritten = await writeSource(file, source, how, operation);
    if (mode !== undefined && isNew) await file.chmod(mode);
    if (mtime !== undefined) await file.setTimes(mtime, mtime);
    if (fsync) await file.sync();
    return { bytesWritten, lengthBefore };
  } finally {
    await file.close();
  }
}

/** A listing that says more than this is not taken at its word: so much memory is only asked for when the file itself says so. */
const mostExpectedBytes = 4 * 1024 * 1024;

/** Read at a time of a file that is longer than was expected. */
const growthBytes = 256 * 1024;

/** A range of a file in memory. Where its length is expected, and true, that takes three calls: open, read, close. */
export async function readBytes(
  path: string,
  { offset, length = Infinity }: { readonly offset: number; readonly length: number | undefined },
  { maxBytes, expectedBytes }: ReadBytesLimits,
): Promise<Buffer> {
  const file = await OpenFile.open(path, O_RDONLY);
  try {
    const isExpected = expectedBytes !== undefined && expectedBytes <= mostExpectedBytes;
    let expected = Math.max(0, (isExpected ? expectedBytes : await lengthOf(file)) - offset);
    if (!isExpected && Math.min(expected, length) > maxBytes) throw tooLarge(maxBytes);
    const parts: Buffer[] = [];
    let got = 0;
    // One byte more than there should be tells whether the file has grown.
    for (let next = expected + 1; ; next = growthBytes) {
      const wanted = Math.min(next, length - got, maxBytes + 1 - got);
      const part = await readPart(file, offset + got, Buffer.allocUnsafeSlow(wanted), expected);
      parts.push(part);
      got += part.length;
      if (got > maxBytes) throw tooLarge(maxBytes);
      if (part.length < wanted || got === length) break;
      expected = Infinity;
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, got);
  } finally {
    await file.close();
  }
}

/** The handle, and whether the mode asked for is the file's: only a new file takes it when something is appended. */
async function openFor(path: string, { how, mode }: WriteRequest): Promise<{ file: OpenFile; isNew: boolean }> {
  // What is made here is a regular file.
  if (how === "create") return { file: await OpenFile.open(path, O_WRONLY | O_CREAT | O_EXCL, mode), isNew: true };
  if (how === "replace") return { file: await openRegular(path, O_WRONLY | O_CREAT | O_TRUNC, mode), isNew: true };
  try {
    return { file: await openRegular(path, O_WRONLY | O_APPEND), isNew: false };
  } catch (error) {
    if (!isTransportError(error, "not-found")) throw error;
    return { file: await openRegular(path, O_WRONLY | O_APPEND | O_CREAT, mode), isNew: true };
  }
}

async function openRegular(path: string, flags: number, mode?: number): Promise<OpenFile> {
  const file = await OpenFile.open(path, flags, mode);
  await lengthOf(file).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  return file;
}

async function lengthOf(file: OpenFile): Promise<number> {
  const stats = await file.stat();
  requireContent(stats);
  return stats.size;
}

/** The bytes of a part, fewer only where the file ends: that it does after the bytes that were `expected` need not be asked. */
async function readPart(file: OpenFile, offset: number, buffer: Buffer, expected: number = Infinity): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const bytesRead = await file.read(buffer, filled, offset + filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled === expected) break;
  }
  return buffer.subarray(0, filled);
}
