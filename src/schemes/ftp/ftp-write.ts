import { Writable } from "node:stream";

import { whenAborted } from "../../connection/abort.ts";
import type { Lease } from "../../connection/wire-pool.ts";
import type { FtpTransfer, FtpWire } from "../../drivers/basic-ftp.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import type { ByteSource } from "../../transport/verb-options.ts";
import { chunksOf } from "../../transport/verbs/source.ts";
import { DataSink } from "./data-sink.ts";

/** Sends all of a source to where the server awaits it; resolves with the bytes once the server has confirmed that it has them. */
export async function sendAll(
  transfer: FtpTransfer,
  lease: Lease<FtpWire>,
  source: ByteSource,
  operation: Operation,
): Promise<number> {
  const sink = new DataSink(transfer, lease);
  let sent = 0;
  try {
    // It went out before anybody knew whether the server takes it.
    if (transfer.sent && source instanceof Uint8Array) {
      await sink.end();
      return source.length;
    }
    for await (const chunk of chunksOf(source, operation)) {
      await sink.write(chunk);
      sent += chunk.length;
    }
    await sink.end();
    return sent;
  } catch (error) {
    // The file is there, and what was sent before the failure may be in it.
    throw (await sink.abandon(error)).with({ effect: "unknown" });
  }
}

/** A file that is written as a stream. Holds its wire until the server has confirmed that it has all. */
export class FtpWritable extends Writable {
  readonly #sink: DataSink;
  readonly #lease: Lease<FtpWire>;
  readonly #place: (error: unknown) => TransportError;
  readonly #stopListening: () => void;

  /** `place` says of a failure which verb and URL it concerns. */
  constructor(
    transfer: FtpTransfer,
    lease: Lease<FtpWire>,
    signal: AbortSignal | undefined,
    place: (error: unknown) => TransportError,
  ) {
    super();
    this.#sink = new DataSink(transfer, lease);
    this.#lease = lease;
    this.#place = place;
    // Told at once, also while nothing is written.
    transfer.confirmed.catch((error: unknown) => this.destroy(place(error)));
    this.#stopListening = whenAborted(signal, () =>
      this.destroy(place(new TransportError("aborted", "the operation was aborted", { cause: signal?.reason }))),
    );
    // Aborted while it was being opened: nobody is going to get this stream.
    if (signal?.aborted === true) this.destroy();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#sink.write(chunk).then(
      () => done(),
      (error: unknown) => done(this.#place(error)),
    );
  }

  override _final(done: (error?: Error) => void): void {
    this.#sink.end().then(
      () => {
        this.#lease.release();
        done();
      },
      (error: unknown) => done(this.#place(error)),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#stopListening();
    const reason = error ?? new TransportError("aborted", "the stream was destroyed before its end");
    this.#sink
      .abandon(reason)
      .then((told) => {
        this.#lease.release();
        return error === null ? null : this.#place(told);
      })
      .then(done, done);
  }
}
