import { TransportError } from "../../../errors/transport-error.ts";
import { reply } from "./messages.ts";

/** Longer answers are refused. OpenSSH's longest have 256 KiB; other servers list large directories in one. */
const maxReplyBytes = 1024 * 1024;

/** The length; with type and number of the request; of data also its length. */
const lengthBytes = 4;
const headBytes = 9;
const dataHeadBytes = 13;

/** What becomes of answers. */
export interface ReplySink {
  /** Where the data that answers a request goes; undefined where no data was asked for. Throws where there is too much. */
  dataTarget(id: number, length: number): Buffer | undefined;
  /** The data of a request has arrived where `dataTarget` said. */
  dataComplete(id: number): void;
  /** Any other answer; `body` is what follows the number, and is good for the time of the call. */
  reply(type: number, id: number, body: Buffer): void;
}

/**
 * Takes the server's byte stream apart into answers. Data is copied once, from the chunk it came in to where it belongs, as it arrives.
 */
export class ReplyStream {
  readonly #sink: ReplySink;
  readonly #head = Buffer.allocUnsafe(dataHeadBytes);
  #headLength = 0;
  #id = 0;
  #type = 0;
  /** What is being filled: the target of data, or the body of another answer. */
  #filling: Buffer | undefined;
  #filled = 0;

  constructor(sink: ReplySink) {
    this.#sink = sink;
  }

  /** Takes in what arrived. Throws `protocol-error` where it is no answer. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      at = this.#filling === undefined ? this.#readHead(chunk, at) : this.#fill(this.#filling, chunk, at);
    }
  }

  #readHead(chunk: Buffer, from: number): number {
    let at = from;
    const wanted =
      this.#headLength < lengthBytes ? lengthBytes : this.#headLength < headBytes ? headBytes : dataHeadBytes;
    while (this.#headLength < wanted && at < chunk.length) this.#head[this.#headLength++] = chunk[at++] as number;
    if (this.#headLength < wanted) return at;
    const length = this.#head.readUInt32BE(0) - (headBytes - lengthBytes);
    if (wanted === lengthBytes) {
      if (length >= 0 && length <= maxReplyBytes) return at;
      throw new TransportError(
        "protocol-error",
        "the server sends something that is no SFTP, such as text from a login script",
      );
    }
    if (wanted === dataHeadBytes) return this.#beginData(length - lengthBytes, at);
    this.#type = this.#head[lengthBytes] as number;
    this.#id = this.#head.readUInt32BE(lengthBytes + 1);
    if (this.#type === reply.data && length >= lengthBytes) return at;
    this.#headLength = 0;
    if (chunk.length - at >= length) {
      this.#sink.reply(this.#type, this.#id, chunk.subarray(at, at + length));
      return at + length;
    }
    this.#begin(Buffer.allocUnsafe(length));
    return at;
  }

  #beginData(rest: number, at: number): number {
    this.#headLength = 0;
    const length = this.#head.readUInt32BE(headBytes);
    if (length !== rest) throw new TransportError("protocol-error", "an answer of the server has two lengths");
    const target = this.#sink.dataTarget(this.#id, length);
    if (target === undefined || target.length !== length)
      throw new TransportError("protocol-error", "the server sends data that nobody asked for");
    if (length === 0) this.#sink.dataComplete(this.#id);
    else this.#begin(target);
    return at;
  }

  #begin(target: Buffer): void {
    this.#filling = target;
    this.#filled = 0;
  }

  #fill(target: Buffer, chunk: Buffer, at: number): number {
    const length = Math.min(target.length - this.#filled, chunk.length - at);
    chunk.copy(target, this.#filled, at, at + length);
    this.#filled += length;
    if (this.#filled === target.length) {
      this.#filling = undefined;
      if (this.#type === reply.data) this.#sink.dataComplete(this.#id);
      else this.#sink.reply(this.#type, this.#id, target);
    }
    return at + length;
  }
}
