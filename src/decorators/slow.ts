import type { Clock } from "../connection/clock.ts";
import { systemClock } from "../connection/clock.ts";
import { pause } from "../connection/pause.ts";
import type { Decorator } from "../transport/scheme.ts";
import { TransportDecorator } from "../transport/transport-decorator.ts";
import type { Transport } from "../transport/transport.ts";
import type { VerbOptions } from "../transport/verb-options.ts";
import type { Verb } from "../transport/verbs.ts";

/** How slow. */
export interface SlowOptions {
  /** How long every verb takes longer, in milliseconds; of an iteration, every step. Default 20, a round trip across a country. */
  readonly delayMs?: number;
  /** Default: the machine's own clock. */
  readonly clock?: Clock;
}

/** `slow+`, for tests: makes every verb wait. Transparent. */
class SlowTransport extends TransportDecorator {
  readonly prefix = "slow";
  readonly boundary = false;
  readonly #options: Required<SlowOptions>;

  constructor(inner: Transport, options: Required<SlowOptions>) {
    super(inner);
    this.#options = options;
  }

  protected around(inner: Transport): SlowTransport {
    return new SlowTransport(inner, this.#options);
  }

  protected override async ask<T>(
    _verb: Verb,
    _path: string,
    work: () => Promise<T>,
    options?: VerbOptions,
  ): Promise<T> {
    await this.#wait(options);
    return await work();
  }

  protected override async *stream<T>(
    _verb: Verb,
    _path: string,
    work: () => AsyncIterable<T>,
    options?: VerbOptions,
  ): AsyncGenerator<T> {
    await this.#wait(options);
    for await (const item of work()) {
      yield item;
      await this.#wait(options);
    }
  }

  #wait(options: VerbOptions | undefined): Promise<void> {
    return pause(this.#options.clock, this.#options.delayMs, options?.signal);
  }
}

/** For tests: a transport whose every verb takes longer. */
export function slow(transport: Transport, { delayMs = 20, clock = systemClock }: SlowOptions = {}): Transport {
  return new SlowTransport(transport, { delayMs, clock });
}

export const slowDecorator: Decorator = {
  name: "slow",
  wrap: (inner, { clock = systemClock }) => slow(inner, { clock }),
};
