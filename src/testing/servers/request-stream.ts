const headBytes = 4;

/** Takes a client's byte stream apart into requests. */
export class RequestStream {
  readonly #maxBytes: number;
  readonly #take: (body: Buffer) => void;
  readonly #head = Buffer.alloc(headBytes);
  #headLength = 0;
  /** Where what arrives in parts is put together: always the same buffer, because requests are done with when they were taken. */
  #assembly: Buffer | undefined;
  #length = 0;
  #filled = 0;

  /** Hands over each request without its length; it is good for the time of the call. */
  constructor(maxBytes: number, take: (body: Buffer) => void) {
    this.#maxBytes = maxBytes;
    this.#take = take;
  }

  /** Takes in what arrived. Throws a `RangeError` where it is no request, or too long a one. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#headLength < headBytes ? this.#readHead(chunk, at) : this.#readBody(chunk, at);
  }

  #readHead(chunk: Buffer, at: number): number {
    const copied = chunk.copy(this.#head, this.#headLength, at, at + headBytes - this.#headLength);
    this.#headLength += copied;
    if (this.#headLength < headBytes) return at + copied;
    this.#length = this.#head.readUInt32BE(0);
    this.#filled = 0;
    if (this.#length < 1 || this.#length > this.#maxBytes) throw new RangeError(`a request of ${this.#length} bytes`);
    return at + copied;
  }

  #readBody(chunk: Buffer, at: number): number {
    const left = this.#length - this.#filled;
    if (this.#filled === 0 && chunk.length - at >= left)
      return this.#complete(chunk.subarray(at, at + left), at + left);
    this.#assembly ??= Buffer.allocUnsafe(this.#maxBytes);
    const copied = chunk.copy(this.#assembly, this.#filled, at, at + left);
    this.#filled += copied;
    if (copied < left) return at + copied;
    return this.#complete(this.#assembly.subarray(0, this.#length), at + copied);
  }

  #complete(body: Buffer, next: number): number {
    this.#headLength = 0;
    this.#take(body);
    return next;
  }
}
