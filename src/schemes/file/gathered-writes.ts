import { Readable } from "node:stream";

import type { Operation } from "../../transport/operation.ts";
import type { WriteRequest } from "../../transport/primitives.ts";
import type { ByteSource } from "../../transport/verb-options.ts";
import { chunksOf, lentChunksOf } from "../../transport/verbs/source.ts";
import type { OpenFile } from "./open-file.ts";

/** Held while others are being written; more makes no difference to a disk, and there may be hundreds of files. */
const mostGatheredBytes = 1024 * 1024;
/** A piece of what is copied from one file to another. */
const lentBytes = 256 * 1024;
/** Fewer are not worth a write of their own, where nobody sees the file before it is whole. */
const leastGatheredBytes = 256 * 1024;

/**
 * Writes a source to a file, from its beginning or, where it is appended, behind what is there; resolves with the bytes written. What comes while
 * something is being written is gathered, and written together.
 */
export async function writeSource(
  file: OpenFile,
  source: ByteSource,
  how: WriteRequest["how"],
  operation: Operation,
): Promise<number> {
  const writes = new GatheredWrites(file, how);
  const lent = lentChunksOf(source, lentBytes, operation);
  // The chunks of a stream are its reader's. Whoever wrote a generator may fill the same buffer again once it is asked for more.
  const isReused = typeof source === "object" && Symbol.asyncIterator in source && !(source instanceof Readable);
  try {
    if (lent !== undefined) for await (const { bytes, giveBack } of lent) await writes.add(bytes, giveBack);
    else for await (const chunk of chunksOf(source, operation)) await writes.add(isReused ? Buffer.from(chunk) : chunk);
  } catch (error) {
    await writes.abandon();
    throw error;
  }
  return await writes.end();
}

class GatheredWrites {
  readonly #file: OpenFile;
  readonly #append: boolean;
  readonly #leastBytes: number;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #lent: (() => void)[] = [];
  #written = 0;
  /** Never rejects. */
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(file: OpenFile, how: WriteRequest["how"]) {
    this.#file = file;
    this.#append = how === "append";
    this.#leastBytes = how === "create" ? leastGatheredBytes : 1;
  }

  /** Resolves when there is room for more; rejects where something before could not be written. `written` is called when the chunk is needed no more. */
  async add(chunk: Uint8Array, written?: () => void): Promise<void> {
    this.#gathered.push(chunk);
    if (written !== undefined) this.#lent.push(written);
    this.#gatheredBytes += chunk.length;
    if (this.#gatheredBytes >= this.#leastBytes) this.#writing ??= this.#write();
    if (this.#gatheredBytes >= mostGatheredBytes) await this.#writing;
    this.#throwFailure();
  }

  /** Resolves with the bytes written once there are no more. */
  async end(): Promise<number> {
    while (this.#writing !== undefined || this.#gatheredBytes > 0) await (this.#writing ??= this.#write());
    this.#throwFailure();
    return this.#written;
  }

  /** Resolves when nothing is being written, or will be. */
  async abandon(): Promise<void> {
    this.#forget();
    await this.#writing;
  }

  /** Writes what was gathered, and begins with what was gathered meanwhile. */
  #write(): Promise<void> {
    const [chunks, bytes, lent] = [this.#gathered, this.#gatheredBytes, this.#lent];
    this.#forget();
    const position = this.#append ? null : this.#written;
    this.#written += bytes;
    return this.#file.write(chunks, position).then(
      () => {
        for (const giveBack of lent) giveBack();
        this.#writing = this.#gatheredBytes >= this.#leastBytes ? this.#write() : undefined;
      },
      (error: unknown) => {
        this.#failure = { error };
        this.#forget();
        this.#writing = undefined;
      },
    );
  }

  #forget(): void {
    [this.#gathered, this.#gatheredBytes, this.#lent] = [[], 0, []];
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
