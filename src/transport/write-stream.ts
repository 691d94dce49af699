import { Writable } from "node:stream";

import { whenAborted } from "../connection/abort.ts";
import { toTransportError } from "../errors/transport-error.ts";
import type { Location } from "../url/location.ts";
import type { Operation } from "./operation.ts";
import { abortedError } from "./operation.ts";

/** An open file that is written in parts, one after another. */
export interface PartWriter {
  write(offset: number, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** An open file as a stream: a chunk is done once it is written. The file is closed before the stream says that it has finished. */
export function writeStream(writer: PartWriter, at: Location, operation: Operation): Writable {
  let position = 0;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= writer.close());
  // The file is there already, and what was written before the failure may be in it.
  const failure = (error: unknown): Error =>
    toTransportError(error).with({ operation: operation.name, url: at.redactedUrl, effect: "unknown" });
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const offset = position;
      position += chunk.length;
      writer.write(offset, chunk).then(
        () => done(),
        (error: unknown) => done(failure(error)),
      );
    },
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
