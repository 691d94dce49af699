import type { Clock } from "../connection/clock.ts";
import type { Operation } from "../transport/operation.ts";
import { abortable } from "../transport/operation.ts";

interface OpenAsk<T> {
  readonly answer: Promise<T>;
  readonly abort: AbortController;
  waiting: number;
}

/** Questions that are the same and put at the same time: one is sent, and all have its answer. */
export class SharedAsks<T> {
  readonly #clock: Clock;
  readonly #open = new Map<string, OpenAsk<T>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether who asks now would get somebody else's answer. */
  isOpen(question: string): boolean {
    return this.#open.has(question);
  }

  /** The answer to what is asked already, else to what `send` sends; that is given up with the last who waits for it. */
  async join(question: string, operation: Operation, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ask = this.#open.get(question) ?? this.#begin(question, send);
    ask.waiting++;
    try {
      return await abortable(ask.answer, operation, false, this.#clock);
    } finally {
      if (--ask.waiting === 0) {
        this.#end(question, ask);
        ask.abort.abort();
      }
    }
  }

  /** Who asks from now on gets no answer that was asked for before. */
  forget(): void {
    this.#open.clear();
  }

  #begin(question: string, send: (signal: AbortSignal) => Promise<T>): OpenAsk<T> {
    const abort = new AbortController();
    const ask: OpenAsk<T> = { answer: send(abort.signal), abort, waiting: 0 };
    this.#open.set(question, ask);
    // Who waits is told of a failure; where all have left, it is nobody's.
    ask.answer.finally(() => this.#end(question, ask)).catch(() => undefined);
    return ask;
  }

  #end(question: string, ask: OpenAsk<T>): void {
    if (this.#open.get(question) === ask) this.#open.delete(question);
  }
}
