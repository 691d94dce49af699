import { TransportError } from "samewire";

/** Four bytes that say how long the frame is, themselves included (RFC 5734, section 4). */
const headerBytes = 4;

/** Answers have some KiB. What says that it is longer than this is no answer, or hostile. */
export const maxFrameBytes: number = 2 ** 20;

/** An XML document as it is sent. */
export function frameOf(xml: string): Buffer {
  const body = Buffer.from(xml);
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(headerBytes + body.length);
  return Buffer.concat([header, body]);
}

/** Puts together what a socket cuts up. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * The documents that are whole with these bytes.
   *
   * @throws TransportError `protocol-error` for a length that no frame has
   */
  push(chunk: Buffer): string[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const documents: string[] = [];
    while (this.#rest.length >= headerBytes) {
      const bytes = this.#rest.readUInt32BE();
      if (bytes <= headerBytes || bytes > maxFrameBytes)
        throw new TransportError("protocol-error", `a frame says that it has ${bytes} bytes`);
      if (this.#rest.length < bytes) break;
      documents.push(this.#rest.toString("utf8", headerBytes, bytes));
      this.#rest = this.#rest.subarray(bytes);
    }
    return documents;
  }
}
