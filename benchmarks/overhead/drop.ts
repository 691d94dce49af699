import { Writable } from "node:stream";

/** Takes everything and keeps nothing but the count. */
export class Drop extends Writable {
  bytes = 0;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.bytes += chunk.length;
    done();
  }
}
