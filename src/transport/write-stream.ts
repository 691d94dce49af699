import { Writable } from "node:stream";

import { whenAborted } from "../connection/abort.ts";
import { toTransportError } from "../errors/transport-error.ts";
import type { Location } from "../url/location.ts";
import type { Operation } from "./operation.ts";
import { abortedError } from "./operation.ts";

/** An open file that is written in parts, one after another. */
export interface PartWriter {
  /** Writes chunks one behind the other. */
  write(offset: number, chunks: readonly Uint8Array[]): Promise<void>;
  close(): Promise<void>;
}

/** Taken while something is being written, and then written together: who pipes into a file need not wait for each chunk. */
const gatheredBytes = 1024 * 1024;

/** An open file as a stream: a chunk is done once it is written. The file is closed before the stream says that it has finished. */
export function writeStream(writer: PartWriter, at: Location, operation: Operation): Writable {
  let position = 0;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= writer.close());
  // The file is there already, and what was written before the failure may be in it.
  const failure = (error: unknown): Error =>
    toTransportError(error).with({ operation: operation.name, url: at.redactedUrl, effect: "unknown" });
  const write = (chunks: readonly Uint8Array[], done: (error?: Error) => void): void => {
    const offset = position;
    for (const { length } of chunks) position += length;
    writer.write(offset, chunks).then(
      () => done(),
      (error: unknown) => done(failure(error)),
    );
  };
  const stream = new Writable({
    highWaterMark: gatheredBytes,
    write: (chunk: Buffer, _encoding, done) => write([chunk], done),
    writev: (chunks: { readonly chunk: Buffer }[], done) =>
      write(
        chunks.map(({ chunk }) => chunk),
        done,
      ),
    final(done) {
      close().then(
        () => done(),
        (error: unknown) => done(failure(error)),
      );
    },
    destroy(error, done) {
      stopListening();
      close().then(
        () => done(error),
        (late: unknown) => done(error ?? failure(late)),
      );
    },
  });
  const stopListening = whenAborted(operation.signal, () => stream.destroy(failure(abortedError(operation))));
  // Aborted while the file was being opened: nobody is going to get this stream.
  if (operation.signal?.aborted === true) stream.destroy();
  return stream;
}
