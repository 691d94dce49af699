import { createReadStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** Kept in memory; what is longer goes to a file of this machine that only this user can read. */
const memoryBytes = 4 * 1024 * 1024;

/** All of a stream, which has ended and given back what it held, to be read once more. */
export interface Spool extends AsyncDisposable {
  readonly content: AsyncIterable<Uint8Array>;
}

/** Reads a stream to its end and keeps what it gave. */
export async function spool(stream: Readable): Promise<Spool> {
  const chunks: Buffer[] = [];
  let size = 0;
  const source = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    chunks.push(next.value);
    size += next.value.length;
    if (size > memoryBytes) return await spoolToDisk(chunks, { [Symbol.asyncIterator]: () => source });
  }
  return { content: inMemory(chunks), [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function spoolToDisk(begun: readonly Buffer[], rest: AsyncIterable<Buffer>): Promise<Spool> {
  const folder = await mkdtemp(join(tmpdir(), "samewire-"));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, "spool");
    const file = await open(path, "wx", 0o600);
    try {
      for (const chunk of begun) await file.writeFile(chunk);
      for await (const chunk of rest) await file.writeFile(chunk);
    } finally {
      await file.close();
    }
    return { content: createReadStream(path), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function* inMemory(chunks: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
