import { Readable, Writable } from "node:stream";

/** What files are made of: as much as Node reads of a file at once. */
const chunkBytes = 64 * 1024;

/** A client without samewire that has a connection to a server, and what it makes of large files there. */
export interface BulkClient extends AsyncDisposable {
  /** The package, as it is named in results. */
  readonly name: string;
  /** Reads a whole file and drops it; resolves with how long it was, in bytes. */
  get(name: string): Promise<number>;
  /** Writes a file in place. */
  put(name: string, source: Readable): Promise<void>;
}

/** So many bytes as a stream of chunks that stay as they are, the same one again and again, as fast as they are taken. */
export function bulk(bytes: number): Readable {
  const chunk = Buffer.alloc(chunkBytes, "samewire ");
  return Readable.from(repeated(chunk, bytes));
}

function* repeated(chunk: Buffer, bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
}

/** Takes everything and keeps nothing but the count. */
export class Drop extends Writable {
  bytes = 0;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.bytes += chunk.length;
    done();
  }
}
