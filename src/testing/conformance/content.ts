/** Bytes in which every stretch differs from its neighbours, so that one that is missing, doubled or moved shows. */
export function patternedBytes(sizeBytes: number, seed = 1): Buffer {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4));
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  for (let index = 0; index < words.length; index++) {
    // Xorshift: the same for the same seed, and without a period that any block size divides.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return Buffer.from(words.buffer, 0, sizeBytes);
}

/** The bytes in chunks of sizes that fit no block of anybody's, empty ones among them. */
export async function* oddChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const sizes = [1, 4095, 0, 65_537, 7, 32_769, 262_145];
  for (let offset = 0, turn = 0; offset < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}

/** The bytes, and then a failure instead of an end. */
export async function* failingAfter(bytes: Uint8Array, failure: Error): AsyncGenerator<Uint8Array> {
  yield* oddChunks(bytes);
  throw failure;
}

/** Everything an iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Everything a stream gives, as one. */
export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await collect(stream));
}
