import { whenAborted } from "../connection/abort.ts";
import type { Clock } from "../connection/clock.ts";
import { Deadline } from "../connection/deadline.ts";
import type { Lease } from "../connection/wire-pool.ts";
import { TransportError } from "../errors/transport-error.ts";
import { packedError } from "./http-failure.ts";
import type { AnswerReceiver, Exchange, HttpHeaders, HttpRequest } from "./http-message.ts";
import type { HttpWire } from "./http-wire.ts";
import type { RequestFeed } from "./request-feed.ts";
import { feedOf } from "./request-feed.ts";

/** Takes the body of an answer. */
export interface BodySink {
  /** False: no more until `resume`. */
  data(chunk: Buffer): boolean;
  end(): void;
  fail(error: TransportError): void;
}

/** Bytes of a body that wait for somebody to take them. Then the server is made to wait. */
const waitingBytes = 64 * 1024;
/** A body that nobody wants is read to its end where that is near, in bytes and in time: it costs less than another connection. */
const drainBytes = 256 * 1024;
const drainMs = 2_000;

/**
 * The answer to one request, on a lease of its own. The lease is given back with the last byte, or when the answer is given up: to whoever
 * has asked for something, the connection is free as soon as the server has said all, whether or not that has been read here.
 */
export class HttpAnswer implements AnswerReceiver {
  status = 0;
  headers!: HttpHeaders;
  readonly #lease: Lease<HttpWire>;
  readonly #exchange: Exchange;
  readonly #stopListening: () => void;
  readonly #headless: boolean;
  readonly #feed: RequestFeed | undefined;
  #opened: { resolve: (answer: HttpAnswer) => void; reject: (error: TransportError) => void } | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #sink: BodySink | undefined;
  #received = 0;
  #state: "head" | "body" | "ended" | "failed" = "head";
  #failure: TransportError | undefined;

  private constructor(
    lease: Lease<HttpWire>,
    request: HttpRequest,
    operation: string,
    signal: AbortSignal | undefined,
    opened: { resolve: (answer: HttpAnswer) => void; reject: (error: TransportError) => void },
  ) {
    this.#lease = lease;
    this.#opened = opened;
    this.#headless = request.method === "HEAD";
    this.#stopListening = whenAborted(signal, () =>
      this.abort(new TransportError("aborted", "the operation was aborted", { operation, cause: signal?.reason })),
    );
    this.#feed = feedOf(request.body, lease, (error) => this.abort(error.with({ operation })));
    this.#exchange = lease.wire.send(this.#feed?.carriedBy(request) ?? request, this);
  }

  /** Sends a request; resolves once the head of its answer has come. `started` is told of the answer before that, so that it can be given up. */
  static request(
    lease: Lease<HttpWire>,
    request: HttpRequest,
    operation: string,
    signal: AbortSignal | undefined,
    started: (answer: HttpAnswer) => void,
  ): Promise<HttpAnswer> {
    return new Promise((resolve, reject) =>
      started(new HttpAnswer(lease, request, operation, signal, { resolve, reject })),
    );
  }

  /** Whether nobody else can use the connection until the answer has come to its end. */
  get exclusive(): boolean {
    return this.#lease.wire.capacity === 1;
  }

  /** What limits on it are measured by. */
  get clock(): Clock {
    return this.#lease.wire.clock;
  }

  /** Whether the server answered after it had been sent all of the request. */
  get afterAll(): boolean {
    return this.#feed?.whole ?? true;
  }

  /** Bytes that the server says the body has. */
  get length(): number | undefined {
    return this.headers.count("content-length");
  }

  /** Hands the body to a sink, at once what has come already. Once. */
  take(sink: BodySink): void {
    const over = this.#state !== "body";
    if (!over) this.#sink = sink;
    const waiting = this.#waiting;
    this.#waiting = [];
    let more = true;
    for (const chunk of waiting) if (over || this.#state === "body") more = sink.data(chunk);
    if (!over) return more ? this.resume() : this.#pause();
    if (this.#failure === undefined) sink.end();
    else sink.fail(this.#failure);
  }

  /** The sink wants more. */
  resume(): void {
    if (this.#state !== "body") return;
    this.#lease.resume();
    this.#exchange.resume();
  }

  /** All of the body in memory; `limit` throws where it is too much. */
  bytes(limit: (bytes: number) => void = () => undefined): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const check = (bytes: number): boolean => {
        try {
          limit(bytes);
          return true;
        } catch (error) {
          this.abort(error as TransportError);
          reject(error);
          return false;
        }
      };
      if (!check(this.length ?? 0)) return;
      this.take({
        data: (chunk) => {
          size += chunk.length;
          chunks.push(chunk);
          return check(size);
        },
        end: () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)),
        fail: reject,
      });
    });
  }

  /** Lets the body go, so that the connection can be used again. Settles once it is free, or gone. */
  discard(): Promise<void> {
    if (!this.#headless && (this.length ?? 0) - this.#received > drainBytes) this.#giveUp();
    // As that of most answers without a body has: what is over needs no limit.
    if (this.#state === "ended" || this.#state === "failed") {
      this.#waiting = [];
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const limit = new Deadline(this.clock, drainMs, () => this.#giveUp());
      const settle = (): void => {
        limit.cancel();
        resolve();
      };
      let passed = 0;
      this.take({
        data: (chunk) => {
          passed += chunk.length;
          if (passed > drainBytes) this.#giveUp();
          return true;
        },
        end: settle,
        fail: settle,
      });
    });
  }

  /** Gives the answer up; what takes it fails with `reason`. */
  abort(reason: TransportError): void {
    if (this.#state === "ended" || this.#state === "failed") return;
    // The rest of an answer that nobody reads blocks a connection that carries one at a time.
    if (this.exclusive) this.#lease.discard(reason);
    this.#exchange.abort(reason);
    this.fail(reason);
  }

  head(status: number, headers: HttpHeaders): void {
    const packed = packedError(headers);
    if (packed !== undefined) return this.abort(packed);
    this.status = status;
    this.headers = headers;
    this.#state = "body";
    // What the server has answered already it need not be told.
    this.#feed?.stop();
    this.#lease.resume();
    this.#lease.progress();
    this.#opened?.resolve(this);
    this.#opened = undefined;
  }

  data(chunk: Buffer): boolean {
    this.#lease.progress();
    this.#received += chunk.length;
    let more: boolean;
    if (this.#sink !== undefined) more = this.#sink.data(chunk);
    else {
      this.#waiting.push(chunk);
      this.#waitingBytes += chunk.length;
      more = this.#waitingBytes < waitingBytes;
    }
    if (!more) this.#pause();
    return more;
  }

  end(): void {
    const announced = this.#headless ? undefined : this.length;
    if (announced !== undefined && announced !== this.#received && this.status !== 304) {
      return this.fail(
        new TransportError("connection-lost", `the answer has ${this.#received} bytes instead of ${announced}`, {
          temporary: true,
        }),
      );
    }
    this.#state = "ended";
    this.#leave();
    this.#sink?.end();
  }

  fail(error: TransportError): void {
    if (this.#state === "ended" || this.#state === "failed") return;
    this.#state = "failed";
    this.#failure = error;
    this.#leave();
    this.#opened?.reject(error);
    this.#opened = undefined;
    this.#sink?.fail(error);
  }

  #giveUp(): void {
    this.abort(new TransportError("aborted", "the rest of the answer is not wanted"));
  }

  #pause(): void {
    if (this.#state === "body") this.#lease.pause();
  }

  #leave(): void {
    this.#stopListening();
    this.#feed?.end();
    this.#lease.release();
  }
}
