import { Readable } from "node:stream";

import { whenAborted } from "../../connection/abort.ts";
import type { Timer } from "../../connection/clock.ts";
import type { Lease } from "../../connection/wire-pool.ts";
import type { FtpTransfer, FtpWire } from "../../drivers/basic-ftp.ts";
import { dataLostError, isRefusal } from "../../drivers/basic-ftp.ts";
import { TransportError, toTransportError } from "../../errors/transport-error.ts";

/** Read ahead of whoever reads: a file this small gives its wire back without waiting for a reader. */
const readAheadBytes = 512 * 1024;

/** How long the server may take to say that a transfer which was ended early has ended. */
const farewellMs = 2_000;

export interface FtpReadableOptions {
  /** Bytes wanted at most. */
  readonly length: number | undefined;
  /** Bytes that have to come, where that is known. */
  readonly due: number | undefined;
  /** How long nobody may read it before its wire is given back. */
  readonly unreadTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Says of a failure which verb and URL it concerns. */
  readonly place: (error: unknown) => TransportError;
}

/** A file as a stream. Ends once the server has confirmed that it sent all; until then it holds its wire. */
export class FtpReadable extends Readable {
  readonly #transfer: FtpTransfer;
  readonly #lease: Lease<FtpWire>;
  readonly #options: FtpReadableOptions;
  readonly #stopListening: () => void;
  #patience: Timer | undefined;
  #received = 0;
  #state: "flowing" | "held" | "cut" | "over" = "flowing";
  #dataEnded = false;
  #confirmed = false;

  constructor(transfer: FtpTransfer, lease: Lease<FtpWire>, options: FtpReadableOptions) {
    super({ highWaterMark: readAheadBytes });
    this.#transfer = transfer;
    this.#lease = lease;
    this.#options = options;
    this.#stopListening = whenAborted(options.signal, () =>
      this.destroy(
        options.place(new TransportError("aborted", "the operation was aborted", { cause: options.signal?.reason })),
      ),
    );
    this.#patience = lease.wire.clock.timeout(options.unreadTimeoutMs, () => this.#loseInterest());
    const { socket, confirmed } = transfer;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.once("end", () => {
      this.#dataEnded = true;
      this.#finish();
    });
    socket.once("error", (cause) => this.#fail(dataLostError(cause)));
    socket.once("close", () => {
      if (!this.#dataEnded) this.#fail(dataLostError());
    });
    // What is empty may have ended, and what broke may have closed, before anybody listened.
    if (socket.readableEnded) this.#dataEnded = true;
    else if (socket.destroyed) queueMicrotask(() => this.#fail(dataLostError(socket.errored)));
    confirmed.then(
      () => {
        this.#confirmed = true;
        this.#finish();
      },
      (error: unknown) => this.#refused(error),
    );
    if (options.length === 0) this.#cut();
    // Aborted while it was being opened: nobody is going to get this stream.
    if (options.signal?.aborted === true) this.destroy();
  }

  override _read(): void {
    if (this.#state !== "held") return;
    this.#state = "flowing";
    this.#lease.resume();
    this.#transfer.socket.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#end();
    // What was cut is over for the reader; the server is still being listened to.
    if (this.#state !== "cut") this.#giveUp(error);
    done(error);
  }

  #giveUp(error: Error | null): void {
    this.#lease.discard(
      error === null
        ? new TransportError("aborted", "the stream was destroyed before its end")
        : toTransportError(error),
    );
  }

  #take(chunk: Buffer): void {
    if (this.#state === "over" || this.#state === "cut") return;
    this.#lease.progress();
    const { length = Infinity } = this.#options;
    const wanted = Math.min(chunk.length, length - this.#received);
    this.#received += chunk.length;
    const more = this.push(wanted === chunk.length ? chunk : chunk.subarray(0, wanted));
    if (this.#received >= length) return this.#cut();
    if (more) return;
    this.#state = "held";
    this.#transfer.socket.pause();
    this.#lease.pause();
  }

  /** All that was asked for is here: the rest is not sent for. What the server says to that leaves the wire in a known state. */
  #cut(): void {
    this.#state = "cut";
    this.push(null);
    const late = this.#lease.wire.clock.timeout(farewellMs, () => {
      this.#lease.discard(new TransportError("connection-lost", "the server did not notice the end of a transfer"));
    });
    this.#transfer
      .cut()
      .then(
        () => this.#lease.release(),
        (error: unknown) => this.#lease.discard(toTransportError(error)),
      )
      .finally(() => late.cancel());
    this.#end();
  }

  #finish(): void {
    if (this.#state === "over" || this.#state === "cut") return;
    if (!this.#dataEnded) return; // Confirmed before all of it has been taken.
    if (!this.#confirmed) return this.#lease.resume();
    // The session goes on, whatever came.
    this.#lease.release();
    const { due } = this.#options;
    if (due !== undefined && this.#received < due)
      return this.#fail(new TransportError("short-read", `the server sent ${this.#received} of ${due} bytes`));
    this.#state = "over";
    this.#end();
    this.push(null);
  }

  /** The server's last word on the transfer is that it failed; the session goes on. */
  #refused(error: unknown): void {
    if (this.#state === "over" || this.#state === "cut") return;
    if (isRefusal(error)) this.#lease.release();
    this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#state !== "over" && this.#state !== "cut") this.destroy(this.#options.place(error));
  }

  #loseInterest(): void {
    // Somebody has begun, however slowly.
    if (this.readableDidRead || this.readableFlowing !== null) return;
    const { unreadTimeoutMs, place } = this.#options;
    const error = new TransportError(
      "timeout",
      `nobody read the stream for ${unreadTimeoutMs} ms, so that its connection was given back`,
      {
        hint: "Read a stream soon, or destroy it",
      },
    );
    this.destroy(place(error));
  }

  #end(): void {
    this.#state = this.#state === "cut" ? "cut" : "over";
    this.#patience?.cancel();
    this.#stopListening();
    this.#transfer.socket.destroy();
  }
}
