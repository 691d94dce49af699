import type { Hash } from "node:crypto";
import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Bytes that were stored; removed when nobody holds them any more. */
export interface S3Content {
  readonly sizeBytes: number;
  /** MD5, in hexadecimal. */
  readonly md5: string;
  /** What is between two offsets, the second one excluded. */
  read(from: number, to: number): AsyncIterable<Buffer>;
  hold(): void;
  release(): void;
}

const readBytes = 256 * 1024;

/** Keeps what is small in memory, and what is large in files of a temporary folder. */
export class S3Storage implements AsyncDisposable {
  readonly #memoryBytes: number;
  #folder: Promise<string> | undefined;
  #files = 0;

  constructor(memoryBytes: number) {
    this.#memoryBytes = memoryBytes;
  }

  /** Stores all of a source; what was stored of one that fails is removed. */
  async store(source: AsyncIterable<Buffer>): Promise<S3Content> {
    const hash = createHash("md5");
    const small: Buffer[] = [];
    let length = 0;
    const chunks = source[Symbol.asyncIterator]();
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      hash.update(next.value);
      small.push(next.value);
      length += next.value.length;
      if (length > this.#memoryBytes) return await this.#storeInFile(small, chunks, hash);
    }
    return inMemory(Buffer.concat(small), hash.digest("hex"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true });
  }

  async #storeInFile(begun: readonly Buffer[], rest: AsyncIterator<Buffer>, hash: Hash): Promise<S3Content> {
    this.#folder ??= mkdtemp(join(tmpdir(), "samewire-s3-"));
    const path = join(await this.#folder, String(++this.#files));
    const file = await open(path, "wx+");
    try {
      let sizeBytes = 0;
      for (const chunk of begun) sizeBytes += await writeAll(file, chunk);
      for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
        hash.update(next.value);
        sizeBytes += await writeAll(file, next.value);
      }
      return inFile(path, sizeBytes, hash.digest("hex"));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<number> {
  await file.appendFile(chunk);
  return chunk.length;
}

function inMemory(bytes: Buffer, md5: string): S3Content {
  return {
    sizeBytes: bytes.length,
    md5,
    read: async function* (from, to) {
      yield* [bytes.subarray(from, to)];
    },
    hold: () => undefined,
    release: () => undefined,
  };
}

function inFile(path: string, sizeBytes: number, md5: string): S3Content {
  let holders = 1;
  return {
    sizeBytes,
    md5,
    read: async function* (from, to) {
      const file = await open(path, "r");
      try {
        for (let at = from; at < to; at += readBytes) {
          const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(readBytes, to - at)), { position: at });
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await file.close();
      }
    },
    hold: () => void holders++,
    release: () => void (--holders === 0 && rm(path, { force: true }).catch(() => undefined)),
  };
}
