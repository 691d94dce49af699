/** Large enough that a file of a gigabyte has few, small enough that a write into a hole costs little. */
const blockBytes = 256 * 1024;

/** The bytes of a file, in blocks, so that it grows without being copied. What was never written takes no memory. */
export class FileContent {
  /** By number. A block that is missing, and what the first one lacks at its end, is zeros. */
  readonly #blocks = new Map<number, Buffer>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Fills `target` with the bytes from `offset`; returns how many there were. */
  readInto(target: Buffer, offset: number): number {
    const length = Math.max(0, Math.min(target.length, this.#length - offset));
    for (const { index, from, to, at } of partsOf(offset, length)) {
      const block = this.#blocks.get(index);
      const copied = block === undefined || from >= block.length ? 0 : block.copy(target, at, from, to);
      target.fill(0, at + copied, at + to - from);
    }
    return length;
  }

  /** Writes at `offset`; a gap before it is zeros. */
  write(offset: number, data: Uint8Array): void {
    if (data.length === 0) return;
    for (const { index, from, to, at } of partsOf(offset, data.length)) {
      this.#block(index, to).set(data.subarray(at, at + to - from), from);
    }
    this.#length = Math.max(this.#length, offset + data.length);
  }

  /** Cuts the content, or extends it with zeros. */
  truncate(length: number): void {
    if (length < this.#length) {
      const last = Math.floor(length / blockBytes);
      for (const index of this.#blocks.keys()) if (index > last) this.#blocks.delete(index);
      this.#blocks.get(last)?.fill(0, length % blockBytes);
    }
    this.#length = length;
  }

  /** A block of `length` bytes or more. The first one grows by doubling: most files are small. */
  #block(index: number, length: number): Buffer {
    const block = this.#blocks.get(index);
    if (block !== undefined && block.length >= length) return block;
    const doubled = Math.max(length, 2 * (block?.length ?? 0));
    const grown = Buffer.alloc(index > 0 ? blockBytes : Math.min(doubled, blockBytes));
    block?.copy(grown);
    this.#blocks.set(index, grown);
    return grown;
  }
}

/** The parts of blocks that a range covers, each with where it is in the range. */
function* partsOf(offset: number, length: number): Generator<{ index: number; from: number; to: number; at: number }> {
  for (let at = 0; at < length;) {
    const from = (offset + at) % blockBytes;
    const to = Math.min(blockBytes, from + length - at);
    yield { index: Math.floor((offset + at) / blockBytes), from, to, at };
    at += to - from;
  }
}
