import type { Lease } from "../connection/wire-pool.ts";
import type { Deferred } from "../connection/deferred.ts";
import { deferred } from "../connection/deferred.ts";
import { TransportError, toTransportError } from "../errors/transport-error.ts";
import type { HttpBody, HttpRequest } from "./http-message.ts";

/** Bytes that are handed over at once: few enough to notice within seconds that nothing moves. */
const pieceBytes = 256 * 1024;

/** Bytes that are handed over as they are: they fit into the buffers on the way. */
const wholeBytes = 1024 * 1024;

/** A body on its way, where it has to be handed over piece by piece; `failed` is told what its source broke of. */
export function feedOf(
  body: HttpBody | undefined,
  lease: Lease<unknown>,
  failed: (error: TransportError) => void,
): RequestFeed | undefined {
  if (body === undefined || (body instanceof Uint8Array && body.length <= wholeBytes)) return undefined;
  return new RequestFeed(body, lease, failed);
}

/**
 * Hands out a body in pieces. The server's silence is counted while it takes them, and while its answer is awaited, but not while the source has
 * none to give. Once the answer has come no more are asked for; a body that was cut short never looks as if it were whole.
 */
export class RequestFeed implements AsyncIterableIterator<Uint8Array> {
  /** Bytes of the body where that is known before. */
  readonly length: number | undefined;
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #lease: Lease<unknown>;
  readonly #failed: (error: TransportError) => void;
  /** Never resolves: whoever asks for more after the end is told that there was none. */
  readonly #ended: Deferred<never> = deferred<never>();
  #rest: Uint8Array = new Uint8Array();
  #missing: number;
  #state: "asking" | "given" | "done" | "stopped" = "given";

  constructor(body: HttpBody, lease: Lease<unknown>, failed: (error: TransportError) => void) {
    this.length = body instanceof Uint8Array ? body.length : undefined;
    this.#missing = this.length ?? Infinity;
    this.#source = body instanceof Uint8Array ? onlyPiece(body) : body[Symbol.asyncIterator]();
    this.#lease = lease;
    this.#failed = failed;
    this.#ended.promise.catch(() => undefined); // Often nobody asks any more.
  }

  /** Whether all of the body was handed over. */
  get whole(): boolean {
    return this.#state === "done" || this.#missing === 0;
  }

  /** A request with this as its body. */
  carriedBy(request: HttpRequest): HttpRequest {
    const { length } = this;
    const headers = length === undefined ? request.headers : { ...request.headers, "content-length": String(length) };
    return { ...request, headers, body: this };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    while (this.#state === "given") {
      if (this.#rest.length > 0) return { done: false, value: this.#piece() };
      await this.#ask();
    }
    return this.#state === "done" ? { done: true, value: undefined } : await this.#ended.promise;
  }

  /** No more is sent: the answer has come. */
  stop(): void {
    if (this.#state === "done" || this.#state === "stopped") return;
    this.#state = "stopped";
    this.#rest = new Uint8Array();
    // A source that is awaited may never answer; it was given up, and its failures are nobody's.
    this.#source.return?.().catch(() => undefined);
  }

  /** The exchange is over. */
  end(): void {
    this.stop();
    this.#ended.reject(new TransportError("aborted", "the rest of the content is not wanted"));
  }

  #piece(): Uint8Array {
    const piece = this.#rest.subarray(0, pieceBytes);
    this.#rest = this.#rest.subarray(piece.length);
    this.#missing -= piece.length;
    this.#lease.progress();
    return piece;
  }

  async #ask(): Promise<void> {
    this.#state = "asking";
    this.#lease.pause();
    try {
      const { done, value } = await this.#source.next();
      if (!this.#isAsking()) return;
      this.#lease.resume();
      this.#state = done === true ? "done" : "given";
      if (done !== true) this.#rest = value;
    } catch (error) {
      if (!this.#isAsking()) return;
      this.#state = "stopped";
      this.#failed(toTransportError(error));
    }
  }

  /** The exchange may have ended meanwhile. */
  #isAsking(): boolean {
    return this.#state === "asking";
  }
}

async function* onlyPiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
