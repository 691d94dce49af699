import { TransportError } from "../../../errors/transport-error.ts";

/** The fields of one answer. Whatever the answer's bytes are, nothing beyond them is read: that is `protocol-error`. */
export class PacketReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get left(): number {
    return this.#buffer.length - this.#at;
  }

  u32(): number {
    const at = this.#take(4);
    return this.#buffer.readUInt32BE(at);
  }

  /** Larger numbers than 2⁵³ lose their last digits. */
  u64(): number {
    return this.u32() * 0x1_0000_0000 + this.u32();
  }

  /** A part of the answer, not a copy of it. */
  bytes(): Buffer {
    const length = this.u32();
    const at = this.#take(length);
    return this.#buffer.subarray(at, at + length);
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.left) throw new TransportError("protocol-error", "an answer of the server ends too early");
    this.#at = at + length;
    return at;
  }
}
