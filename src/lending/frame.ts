import { TransportError } from "../errors/transport-error.ts";

/** What a frame says: plain JSON, so that nothing the other side sends can be more than text, numbers, lists and fields. */
export type Head = Readonly<Record<string, unknown>>;

/** What travels on a channel. */
export interface Frame {
  readonly head: Head;
  /** Content, as it is. */
  readonly body: Buffer | undefined;
}

/** Holds ten thousand ranges of a `readv`. */
const maxHeadBytes = 1024 * 1024;
export const maxBodyBytes: number = 1024 * 1024;

/** Pieces of a frame that are kept as they came: of a byte each, they would take hundreds of times the room of what is in them. */
const maxPieces = 4_096;

/** Length of the head and of the body, 32 bits each. */
const prefixBytes = 8;

/** A frame as bytes: both lengths, the head as JSON in UTF-8, the body. */
export function encodeFrame(head: Head, bodyBytes: number): Buffer {
  const text = JSON.stringify(head);
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(prefixBytes + length);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(bodyBytes, 4);
  bytes.write(text, prefixBytes);
  return bytes;
}

/**
 * Takes frames out of a stream of bytes. Whoever is on the other side is not trusted: lengths are checked before anything is kept, and no more than one
 * frame is.
 */
export class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** What is needed before anything can be made of it. */
  #wanted = prefixBytes;

  /** @throws TransportError `protocol-error` for what is no frame; of no use afterwards */
  *read(chunk: Buffer): Generator<Frame> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#chunks.length > maxPieces) this.#chunks = [Buffer.concat(this.#chunks, this.#bytes)];
    while (this.#bytes >= this.#wanted) {
      const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#bytes);
      const headBytes = all.readUInt32BE(0);
      const bodyBytes = all.readUInt32BE(4);
      if (headBytes > maxHeadBytes || bodyBytes > maxBodyBytes) throw notAFrame("it is longer than any");
      const bodyAt = prefixBytes + headBytes;
      const end = bodyAt + bodyBytes;
      const isWhole = all.length >= end;
      const rest = isWhole ? all.subarray(end) : all;
      this.#chunks = rest.length === 0 ? [] : [rest];
      this.#bytes = rest.length;
      this.#wanted = isWhole ? prefixBytes : end;
      if (isWhole)
        yield {
          head: parseHead(all.toString("utf8", prefixBytes, bodyAt)),
          body: bodyBytes === 0 ? undefined : all.subarray(bodyAt, end),
        };
    }
  }
}

function parseHead(text: string): Head {
  let head: unknown;
  try {
    head = JSON.parse(text);
  } catch (cause) {
    throw notAFrame("its head is no JSON", cause);
  }
  return checkHead(head);
}

/** What has been taken for a head, if it is one. */
export function checkHead(head: unknown): Head {
  if (typeof head !== "object" || head === null || Array.isArray(head)) throw notAFrame("its head has no fields");
  return head as Head;
}

export function notAFrame(why: string, cause?: unknown): TransportError {
  return new TransportError("protocol-error", `what came over the lending channel is no frame: ${why}`, { cause });
}
