import { S3Error } from "./s3-error.ts";
import type { S3Signer } from "./s3-signature.ts";
import { isSame } from "./s3-signature.ts";

/** How the pieces of a body are signed. */
export interface S3ChunkSigning {
  readonly signer: S3Signer;
  /** The signature of the request. */
  readonly seed: string;
}

/** Lines are no longer than this: sizes, signatures and checksums. */
const maxLineBytes = 8 * 1024;

/**
 * The content of a body in `aws-chunked` encoding; its trailers are put into `trailers`, names in lower case. Throws an `S3Error` where it is not whole
 * or a signature is wrong. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export async function* decodeChunks(
  body: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
  signing: S3ChunkSigning | undefined,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(body);
  let previous = signing?.seed ?? "";
  for (;;) {
    const [, hex = "", signature = ""] =
      /^([0-9a-f]+)(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(await reader.line()) ?? [];
    if (hex === "") throw new S3Error("InvalidRequest", "The chunks are malformed.");
    const length = parseInt(hex, 16);
    const pieces: Buffer[] = [];
    for await (const piece of reader.bytes(length)) {
      if (signing === undefined) yield piece;
      else pieces.push(piece); // Nothing of it counts before its signature was verified.
    }
    if (signing !== undefined) {
      const chunk = Buffer.concat(pieces);
      previous = signing.signer.chunk(previous, chunk);
      if (!isSame(previous, signature)) throw new S3Error("SignatureDoesNotMatch");
      if (length > 0) yield chunk;
    }
    if (length === 0) break;
    if ((await reader.line()) !== "") throw new S3Error("InvalidRequest", "The chunks are malformed.");
  }
  await readTrailers(reader, trailers, signing?.signer, previous);
}

async function readTrailers(
  reader: ByteReader,
  trailers: Map<string, string>,
  signer: S3Signer | undefined,
  previous: string,
): Promise<void> {
  let lines = "";
  for (let line = await reader.line(); line !== ""; line = await reader.line()) {
    const at = line.indexOf(":");
    const [name, value] = [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()];
    if (name !== "x-amz-trailer-signature") {
      trailers.set(name, value);
      lines += `${name}:${value}\n`;
    } else if (signer !== undefined && !isSame(signer.trailer(previous, lines), value)) {
      throw new S3Error("SignatureDoesNotMatch");
    } else {
      lines = "";
    }
  }
  if (signer !== undefined && lines !== "") throw new S3Error("SignatureDoesNotMatch");
}

/** Reads lines and stretches of bytes from a body. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(body: AsyncIterable<Buffer>) {
    this.#chunks = body[Symbol.asyncIterator]();
  }

  /** Up to the next CR LF, without it. At the end of the body: nothing. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf("\r\n");
      if (end >= 0) {
        const text = this.#rest.toString("latin1", 0, end);
        this.#rest = this.#rest.subarray(end + 2);
        return text;
      }
      if (this.#rest.length > maxLineBytes) throw new S3Error("InvalidRequest", "The chunks are malformed.");
      const next = await this.#chunks.next();
      if (next.done === true) {
        if (this.#rest.length > 0) throw new S3Error("IncompleteBody");
        return "";
      }
      this.#rest = Buffer.concat([this.#rest, next.value]);
    }
  }

  async *bytes(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0;) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next();
        if (next.done === true) throw new S3Error("IncompleteBody");
        this.#rest = next.value;
      }
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }
}
