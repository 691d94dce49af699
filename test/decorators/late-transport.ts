import type { Transport, VerbOptions } from "samewire";
import type { Verb } from "samewire/extend";
import { TransportDecorator } from "samewire/extend";

import type { Deferred } from "../../src/connection/deferred.ts";
import { deferred } from "../../src/connection/deferred.ts";

/** Answers that are held back: each is what was there when it was asked for, and comes when it is let go. */
export class Holding {
  readonly #held = new Map<Verb, { readonly arrived: Deferred<void>; readonly gone: Deferred<void> }>();
  readonly #signals = new Map<Verb, AbortSignal | undefined>();

  /** Holds the next answer to a verb back. Resolves, once that is there, with what lets it go. */
  async next(verb: Verb): Promise<() => void> {
    const one = { arrived: deferred<void>(), gone: deferred<void>() };
    this.#held.set(verb, one);
    await one.arrived.promise;
    return () => one.gone.resolve();
  }

  /** The signal that a verb was last given. */
  signalOf(verb: Verb): AbortSignal | undefined {
    return this.#signals.get(verb);
  }

  async pass(verb: Verb, signal: AbortSignal | undefined): Promise<void> {
    this.#signals.set(verb, signal);
    const one = this.#held.get(verb);
    this.#held.delete(verb);
    one?.arrived.resolve();
    await one?.gone.promise;
  }
}

/** A server that is far away: what it answers is old when it comes. */
export class LateTransport extends TransportDecorator {
  readonly prefix = "late";
  readonly boundary = false;
  readonly #holding: Holding;

  constructor(inner: Transport, holding: Holding) {
    super(inner);
    this.#holding = holding;
  }

  protected around(inner: Transport): LateTransport {
    return new LateTransport(inner, this.#holding);
  }

  protected override async ask<T>(
    verb: Verb,
    _path: string,
    work: () => Promise<T>,
    options?: VerbOptions,
  ): Promise<T> {
    try {
      return await work();
    } finally {
      await this.#holding.pass(verb, options?.signal);
    }
  }

  protected override async *stream<T>(
    verb: Verb,
    _path: string,
    work: () => AsyncIterable<T>,
    options?: VerbOptions,
  ): AsyncGenerator<T> {
    const items: T[] = [];
    for await (const item of work()) items.push(item);
    await this.#holding.pass(verb, options?.signal);
    yield* items;
  }
}
