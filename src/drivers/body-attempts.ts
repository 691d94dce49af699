import type { HttpBody } from "./http-message.ts";

/** Bytes of a source that are kept in memory, so that they can be sent once more. */
const keptBytes = 1024 * 1024;

/**
 * A body for as many attempts as a request takes. Of a source that gives its bytes once the first are kept: a server that asks for credentials does so
 * before it has taken many.
 */
export class BodyAttempts {
  readonly #body: HttpBody | undefined;
  #source: AsyncIterator<Uint8Array> | undefined;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  /** What the source was asked for last, which an attempt that was given up did not wait for. */
  #asked: Promise<IteratorResult<Uint8Array>> | undefined;
  #over = false;

  constructor(body: HttpBody | undefined) {
    this.#body = body;
  }

  /** Whether all of the body can be sent from its beginning. */
  get possible(): boolean {
    return this.#keptBytes <= keptBytes;
  }

  /** The body from its beginning. */
  next(): HttpBody | undefined {
    return this.#body === undefined || this.#body instanceof Uint8Array ? this.#body : this.#attempt(this.#body);
  }

  /** There will be no other attempt: the source is told, unless it has ended. */
  end(): void {
    const over = this.#over;
    this.#over = true;
    // A source that is awaited may never answer; it was given up, and its failures are nobody's.
    if (!over) this.#source?.return?.().catch(() => undefined);
    this.#asked?.catch(() => undefined);
    this.#kept = [];
  }

  async *#attempt(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const source = (this.#source ??= body[Symbol.asyncIterator]());
    yield* this.#kept;
    while (!this.#over) {
      const { done, value } = await (this.#asked ??= source.next());
      this.#asked = undefined;
      this.#over ||= done === true;
      if (done === true) return;
      // Whoever gives it may fill it with something else once it is asked for more; the network may still be at it then.
      const bytes = Uint8Array.from(value);
      this.#keep(bytes);
      yield bytes;
    }
  }

  #keep(bytes: Uint8Array): void {
    this.#keptBytes += bytes.length;
    if (this.possible) this.#kept.push(bytes);
    else this.#kept = [];
  }
}
