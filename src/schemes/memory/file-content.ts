/** The bytes of a file: grows by doubling, so that appending is cheap; reads are copies, so that they never change afterwards. */
export class FileContent {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes from `offset`, fewer than `length` where the content ends. */
  read(offset: number, length: number): Buffer {
    const end = Math.min(this.#length, offset + length);
    return offset >= end ? Buffer.alloc(0) : Buffer.from(this.#bytes.subarray(offset, end));
  }

  /** Writes at `offset`; a gap before it is zeros. */
  write(offset: number, data: Uint8Array): void {
    const end = offset + data.length;
    this.#reserve(end);
    this.#bytes.set(data, offset);
    this.#length = Math.max(this.#length, end);
  }

  /** Cuts the content, or extends it with zeros. */
  truncate(length: number): void {
    if (length > this.#length) this.#reserve(length);
    else this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(length, this.#bytes.length * 2, 256));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
