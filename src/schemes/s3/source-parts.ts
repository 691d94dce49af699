import { constants } from "node:buffer";

import type { Operation } from "../../transport/operation.ts";
import type { ByteSource } from "../../transport/verb-options.ts";
import { chunksOf } from "../../transport/verbs/source.ts";

/** A part of an object, in memory. */
export interface S3Part {
  /** From 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly last: boolean;
}

/** Content that is in memory already goes by one request up to this length: one that fails is sent again whole. */
const wholeBytes = 64 * 1024 * 1024;

/** What a part has at first: larger ones take more memory, smaller ones more requests. S3 takes no less than 5 MiB. */
const usualPartBytes = 8 * 1024 * 1024;

/** S3 takes 10,000 parts. Parts double after each thousand, so that they reach beyond the 5 TiB that an object can have, and only who sends so much needs the memory. */
const partsOfOneSize = 1_000;

/** How long the part of a number is, in bytes. */
export function partBytes(number: number): number {
  return Math.min(constants.MAX_LENGTH, usualPartBytes * 2 ** Math.floor((number - 1) / partsOfOneSize));
}

/** A source in parts as S3 takes them: at least one, which may be empty. The source is read as far as the part after the one that is given. */
export async function* partsOf(source: ByteSource, operation: Operation): AsyncGenerator<S3Part, void, undefined> {
  const bytes = typeof source === "string" ? Buffer.from(source, "utf8") : source;
  if (bytes instanceof Uint8Array) yield* partsOfBytes(bytes);
  else yield* partsOfChunks(chunksOf(bytes, operation));
}

function* partsOfBytes(bytes: Uint8Array): Generator<S3Part, void, undefined> {
  if (bytes.length <= wholeBytes) return yield { number: 1, bytes, last: true };
  let offset = 0;
  for (let number = 1; offset < bytes.length; number++) {
    const part = bytes.subarray(offset, offset + partBytes(number));
    offset += part.length;
    yield { number, bytes: part, last: offset === bytes.length };
  }
}

async function* partsOfChunks(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<S3Part, void, undefined> {
  let number = 1;
  let part = new GrowingBuffer();
  for await (const chunk of chunks) {
    for (let rest = chunk; rest.length > 0;) {
      // Only when more has come is it known that a full part is not the last one.
      if (part.length === partBytes(number)) {
        yield { number, bytes: part.bytes, last: false };
        part = new GrowingBuffer(partBytes(++number));
      }
      const taken = rest.subarray(0, partBytes(number) - part.length);
      part.append(taken);
      rest = rest.subarray(taken.length);
    }
  }
  yield { number, bytes: part.bytes, last: true };
}

/** What a small source has at first, in bytes. */
const leastBytes = 64 * 1024;

/** Bytes that were copied one after another: a source may use its own buffers again. */
class GrowingBuffer {
  length = 0;
  #buffer: Buffer;

  constructor(expectedBytes: number = 0) {
    this.#buffer = Buffer.allocUnsafeSlow(expectedBytes);
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  append(bytes: Uint8Array): void {
    const needed = this.length + bytes.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(leastBytes, Math.min(2 * needed, usualPartBytes), needed));
      this.#buffer.copy(larger, 0, 0, this.length);
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.length);
    this.length = needed;
  }
}
