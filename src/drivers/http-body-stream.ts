import { Readable } from "node:stream";

import { whenAborted } from "../connection/abort.ts";
import { Deadline } from "../connection/deadline.ts";
import { TransportError } from "../errors/transport-error.ts";
import type { HttpAnswer } from "./http-answer.ts";
import type { HttpRange } from "./http-range.ts";
import { checkedRange } from "./http-range.ts";

/** Bytes that wait in a stream for its reader: less than a socket gives at a time. As much again waits behind it, in the socket and in undici. */
const highWaterMark = 32 * 1024;

/** Which bytes of a body a stream gives. */
export interface BodyWindow {
  /** Bytes to pass over first. */
  readonly skip: number;
  /** Bytes to give at most; all that follow when undefined. */
  readonly length: number | undefined;
  /** Whether fewer are a failure, and not the end of the file. */
  readonly exact?: boolean;
}

/**
 * What a stream gives of a 206, which has nothing in it but what was asked for.
 *
 * @throws TransportError `protocol-error` for any other part; the body is discarded then
 */
export async function partWindow(answer: HttpAnswer, asked: HttpRange): Promise<BodyWindow> {
  try {
    const { length } = checkedRange(answer.headers, asked);
    return { skip: 0, length, exact: true };
  } catch (error) {
    await answer.discard();
    throw error;
  }
}

export interface BodyStreamOptions {
  readonly window: BodyWindow;
  readonly signal: AbortSignal | undefined;
  /** How long nobody may begin to read it before a connection that it has to itself is given back. */
  readonly unreadTimeoutMs: number;
  /** Says of a failure which verb and URL it concerns. */
  readonly place: (error: TransportError) => TransportError;
}

/** The body of an answer as a stream with back-pressure: the server is made to wait for a slow reader. */
export class BodyStream extends Readable {
  readonly #answer: HttpAnswer;
  readonly #place: (error: TransportError) => TransportError;
  #skip: number;
  #left: number;
  readonly #exact: boolean;
  readonly #stopListening: () => void;
  #patience: Deadline | undefined;
  #over = false;

  constructor(answer: HttpAnswer, { window, signal, unreadTimeoutMs, place }: BodyStreamOptions) {
    super({ highWaterMark });
    const { skip, length = Infinity, exact = false } = window;
    this.#answer = answer;
    this.#place = place;
    this.#skip = skip;
    this.#left = length;
    this.#exact = exact;
    // Also what has come already is not wanted any more.
    this.#stopListening = whenAborted(signal, () => {
      this.destroy(place(new TransportError("aborted", "the operation was aborted", { cause: signal?.reason })));
    });
    if (answer.exclusive && unreadTimeoutMs !== Infinity)
      this.#patience = new Deadline(answer.clock, unreadTimeoutMs, () => this.#loseInterest(unreadTimeoutMs));
    answer.take({
      data: (chunk) => this.#take(chunk),
      end: () => this.#finish(),
      fail: (error) => this.#fail(error),
    });
  }

  override _read(): void {
    this.#answer.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stopListening();
    this.#patience?.cancel();
    if (!this.#over) {
      this.#over = true;
      void this.#answer.discard();
    }
    callback(error);
  }

  #take(chunk: Buffer): boolean {
    if (this.#over) return true;
    let bytes = chunk;
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, chunk.length);
      this.#skip -= skipped;
      bytes = chunk.subarray(skipped);
    }
    if (bytes.length > this.#left) bytes = bytes.subarray(0, this.#left);
    this.#left -= bytes.length;
    const more = bytes.length === 0 || this.push(bytes);
    if (this.#left > 0) return more;
    this.#finish();
    // The rest of an answer that is longer than what was wanted.
    void this.#answer.discard();
    return true;
  }

  #finish(): void {
    if (this.#over) return;
    if (this.#exact && this.#left > 0) return this.#fail(tooShort(this.#left));
    this.#over = true;
    this.push(null);
  }

  #loseInterest(unreadTimeoutMs: number): void {
    // Somebody has begun, however slowly; or the connection is free already.
    if (this.#over || this.readableDidRead || this.readableFlowing !== null) return;
    const reason = `nobody read the stream for ${unreadTimeoutMs} ms, so that its connection was given back`;
    this.destroy(this.#place(new TransportError("timeout", reason, { hint: "Read a stream soon, or destroy it" })));
  }

  #fail(error: TransportError): void {
    if (this.#over) return;
    this.#over = true;
    this.destroy(this.#place(error));
  }
}

function tooShort(missing: number): TransportError {
  return new TransportError("connection-lost", `the answer ended ${missing} bytes too early`, { temporary: true });
}
