import type { TransportError } from "../errors/transport-error.ts";
import { deferred } from "../connection/deferred.ts";
import type { Asking, SaidEntry } from "./messages.ts";

/** Who is told what comes before the answer. */
export interface CallListener {
  /** A file is open; so many bytes may be written. */
  readonly opened?: (bytes: number) => void;
  readonly more?: (bytes: number) => void;
  readonly data?: (bytes: Buffer) => void;
  readonly entries?: (entries: readonly SaidEntry[]) => void;
}

/** A call that a borrower has made, until it is answered. */
export class OpenCall {
  readonly id: number;
  /** What the lender answers with, once. */
  readonly answer: Promise<unknown>;
  readonly listener: CallListener;
  readonly #send: (asking: Asking, body?: Uint8Array) => void;
  readonly #held: (held: boolean) => void;
  readonly #answered = deferred<unknown>();
  #isOver = false;
  #isAborted = false;
  #isAwaited = false;

  /** `held` is told whether somebody waits for something. */
  constructor(
    id: number,
    listener: CallListener,
    send: (asking: Asking, body?: Uint8Array) => void,
    held: (held: boolean) => void,
  ) {
    this.id = id;
    this.listener = listener;
    this.#send = send;
    this.#held = held;
    this.answer = this.#answered.promise;
    // Whoever reads a stream is told by the stream.
    this.answer.catch(() => undefined);
    this.awaited = true;
  }

  /** Whether somebody waits for what comes next: only then is the process kept alive for it. */
  set awaited(awaited: boolean) {
    if (awaited === this.#isAwaited || (awaited && this.#isOver)) return;
    this.#isAwaited = awaited;
    this.#held(awaited);
  }

  /** Gives the call up; the lender still answers. */
  abort(): void {
    if (this.#isOver || this.#isAborted) return;
    this.#isAborted = true;
    this.#send({ say: "abort", id: this.id });
  }

  more(bytes: number): void {
    if (!this.#isOver) this.#send({ say: "more", id: this.id, bytes });
  }

  data(bytes: Uint8Array): void {
    if (!this.#isOver) this.#send({ say: "data", id: this.id }, bytes);
  }

  end(): void {
    if (!this.#isOver) this.#send({ say: "end", id: this.id });
  }

  done(value: unknown): void {
    this.#over();
    this.#answered.resolve(value);
  }

  failed(error: TransportError): void {
    this.#over();
    this.#answered.reject(error);
  }

  #over(): void {
    this.#isOver = true;
    this.awaited = false;
  }
}
