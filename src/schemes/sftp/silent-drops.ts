import { isSilentDrop } from "../../drivers/ssh2.ts";
import { TransportError, toTransportError } from "../../errors/transport-error.ts";

/** A server that drops so many connections in a row without a word is not busy but gone. */
const maxSilentDrops = 6;

/** How often in a row a server closed a connection before it said anything. */
export class SilentDrops {
  #count = 0;

  /** A connection was made. */
  end(): void {
    this.#count = 0;
  }

  /** Why a connect failed, one more drop being counted. */
  judged(error: unknown): unknown {
    this.#count = isSilentDrop(error) ? this.#count + 1 : 0;
    if (this.#count < maxSilentDrops) return error;
    this.#count = 0;
    return new TransportError("connection-failed", toTransportError(error).reason, {
      temporary: true,
      hint: "Check that the server is up, and that it does not refuse this address",
      cause: error,
    });
  }
}
