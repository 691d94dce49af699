import type { Lease } from "../../connection/wire-pool.ts";
import { deferred } from "../../connection/deferred.ts";
import type { Deferred } from "../../connection/deferred.ts";
import type { FtpTransfer, FtpWire } from "../../drivers/basic-ftp.ts";
import { dataLostError, isRefusal } from "../../drivers/basic-ftp.ts";
import type { TransportError } from "../../errors/transport-error.ts";
import { isTransportError, toTransportError } from "../../errors/transport-error.ts";

/** Given to the socket at once: small enough to notice within seconds that nothing moves. */
const pieceBytes = 256 * 1024;

/** How long a server that closed the data connection may take to say why. */
const explanationMs = 2_000;

/** Where the bytes of a file go that a server awaits. The server's silence is counted while it takes them, not while there are none to give. */
export class DataSink {
  readonly #transfer: FtpTransfer;
  readonly #lease: Lease<FtpWire>;
  #failure: TransportError | undefined;
  #draining: Deferred<void> | undefined;
  #ending: Deferred<never> | undefined;
  #over = false;

  constructor(transfer: FtpTransfer, lease: Lease<FtpWire>) {
    this.#transfer = transfer;
    this.#lease = lease;
    const { socket, confirmed } = transfer;
    const fail = (error: TransportError): void => {
      this.#failure ??= error;
      this.#draining?.reject(this.#failure);
      this.#ending?.reject(this.#failure);
    };
    confirmed.catch((error: unknown) => fail(toTransportError(error)));
    socket.on("drain", () => this.#draining?.resolve());
    socket.once("error", (cause) => fail(dataLostError(cause)));
    socket.once("close", () => {
      if (!socket.writableFinished) fail(dataLostError());
    });
    if (socket.destroyed && !socket.writableFinished) fail(dataLostError(socket.errored));
    // Whatever a server says here is said to nobody; unread, it would keep the connection from ever closing.
    socket.resume();
    lease.pause();
  }

  /** Resolves once the socket takes more. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#lease.resume();
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      if (this.#failure !== undefined) throw this.#failure;
      if (!this.#transfer.socket.write(bytes.subarray(at, at + pieceBytes))) await this.#drained();
      this.#lease.progress();
    }
    this.#lease.pause();
  }

  /** Says that this was all; resolves once the server has confirmed that it has it. */
  async end(): Promise<void> {
    this.#lease.resume();
    const { socket } = this.#transfer;
    // Tickets that came with the handshake are read first: OpenSSL answers those it finds while it closes with an alert, and the file counts as broken.
    if ("encrypted" in socket) await new Promise<unknown>((resolve) => socket.write("", resolve));
    if (this.#failure !== undefined) throw this.#failure;
    socket.end();
    this.#ending = deferred<never>();
    await Promise.race([this.#transfer.confirmed, this.#ending.promise]);
    this.#over = true;
  }

  /**
   * Gives the transfer up, and resolves with what it is to be reported with. Where the server has said that it failed, and why, its session goes on;
   * else nobody knows what it says next, and the wire is dropped.
   */
  async abandon(error: unknown): Promise<TransportError> {
    const reason = await this.#reasonFor(toTransportError(error));
    if (this.#over) return reason;
    this.#over = true;
    if (isRefusal(reason)) this.#transfer.socket.destroy();
    else this.#lease.discard(reason);
    return reason;
  }

  /** A server that cannot go on closes the data connection first, and says why next. */
  async #reasonFor(error: TransportError): Promise<TransportError> {
    if (!isTransportError(error, "connection-lost") || isRefusal(error)) return error;
    const said = deferred<TransportError>();
    const late = this.#lease.wire.clock.timeout(explanationMs, () => said.resolve(error));
    this.#transfer.confirmed.then(
      () => said.resolve(error),
      (reason: unknown) => said.resolve(toTransportError(reason)),
    );
    try {
      return await said.promise;
    } finally {
      late.cancel();
    }
  }

  #drained(): Promise<void> {
    this.#draining = deferred<void>();
    return this.#draining.promise;
  }
}
