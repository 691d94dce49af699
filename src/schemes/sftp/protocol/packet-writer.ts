/** Bytes before the fields of a request: length, type, number. */
const headerBytes = 9;

/** Bytes that a text of so many characters takes at most. */
function maxTextBytes(text: string): number {
  return 4 + text.length * 3;
}

/** The fields of one request, as they travel. */
export class PacketWriter {
  /** The number that its answer will bear. */
  readonly id: number;
  readonly #buffer: Buffer;
  #end = headerBytes;

  /** For fields of `capacity` bytes at most, the texts among them not counted. */
  constructor(type: number, id: number, capacity: number, ...texts: readonly string[]) {
    let size = headerBytes + capacity;
    for (const text of texts) size += maxTextBytes(text);
    this.#buffer = Buffer.allocUnsafe(size);
    this.id = id;
    this.#buffer[4] = type;
    this.#buffer.writeUInt32BE(id, 5);
  }

  u32(value: number): this {
    this.#end = this.#buffer.writeUInt32BE(value >>> 0, this.#end);
    return this;
  }

  /** Exact up to 2⁵³. */
  u64(value: number): this {
    this.#end = this.#buffer.writeUInt32BE(Math.floor(value / 0x1_0000_0000), this.#end);
    this.#end = this.#buffer.writeUInt32BE(value % 0x1_0000_0000, this.#end);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.u32(value.length);
    this.#buffer.set(value, this.#end);
    this.#end += value.length;
    return this;
  }

  text(value: string, encoding: BufferEncoding): this {
    const length = this.#buffer.write(value, this.#end + 4, encoding);
    this.#buffer.writeUInt32BE(length, this.#end);
    this.#end += 4 + length;
    return this;
  }

  /** The request, of which `following` bytes are sent after it. */
  finish(following = 0): Buffer {
    this.#buffer.writeUInt32BE(this.#end - 4 + following, 0);
    return this.#buffer.subarray(0, this.#end);
  }
}
