import { Readable } from "node:stream";

import { whenAborted } from "../connection/abort.ts";
import { toTransportError } from "../errors/transport-error.ts";
import type { Location } from "../url/location.ts";
import { lendParts } from "./lend-parts.ts";
import { makeLender } from "./lent-chunks.ts";
import type { Operation } from "./operation.ts";
import { abortedError } from "./operation.ts";
import type { PartReader } from "./primitives.ts";

/** Read in one piece: large enough for disks, small enough for a hundred streams. */
const chunkBytes = 256 * 1024;

/**
 * A range of an open file as a stream with back-pressure: a part is read when it is asked for, and not before. The file is closed with
 * the stream. For files where a part costs no round trip; a wire wants several parts in flight.
 */
export function readStream(
  reader: PartReader,
  { offset, length = Infinity }: { readonly offset: number; readonly length: number | undefined },
  at: Location,
  operation: Operation,
): Readable {
  let position = offset;
  const end = offset + length;
  let isLent = false;
  const placed = (error: unknown): Error =>
    toTransportError(error).with({ operation: operation.name, url: at.redactedUrl });
  const stream = new Readable({
    highWaterMark: chunkBytes,
    read() {
      if (isLent) return;
      const wanted = Math.min(chunkBytes, end - position);
      if (wanted === 0) return void this.push(null);
      reader.read(position, wanted).then(
        (bytes) => {
          position += bytes.length;
          if (bytes.length > 0) this.push(bytes);
          if (bytes.length < wanted) this.push(null);
        },
        (error: unknown) => this.destroy(placed(error)),
      );
    },
    destroy(error, done) {
      stopListening();
      reader.close().then(
        () => done(error),
        (failure: unknown) => done(error ?? toTransportError(failure)),
      );
    },
  });
  const stopListening = whenAborted(operation.signal, () => stream.destroy(abortedError(operation, at)));
  // Aborted while the file was being opened: nobody is going to get this stream.
  if (operation.signal?.aborted === true) stream.destroy();
  const { readInto } = reader;
  if (readInto !== undefined) {
    makeLender(stream, (mostBytes) => {
      isLent = true;
      const read = (from: number, buffer: Buffer): Promise<Buffer> =>
        readInto(from, buffer).catch((error: unknown) => Promise.reject(placed(error)));
      return lendParts(read, { offset, end }, mostBytes);
    });
  }
  return stream;
}
