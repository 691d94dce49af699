import { BackOff } from "../connection/back-off.ts";
import type { Clock } from "../connection/clock.ts";
import { systemClock } from "../connection/clock.ts";
import { pause } from "../connection/pause.ts";
import { TransportError, isTransportError } from "../errors/transport-error.ts";
import { isRepeated } from "../transport/repetition.ts";
import type { Decorator } from "../transport/scheme.ts";
import { TransportDecorator } from "../transport/transport-decorator.ts";
import type { Transport } from "../transport/transport.ts";
import type { ByteRange, ByteSource, CreateOptions, PutOptions, VerbOptions } from "../transport/verb-options.ts";
import type { Verb } from "../transport/verbs.ts";
import { isChanging } from "../transport/verbs.ts";
import { isInMemory } from "../transport/verbs/source.ts";

/** How often, and after which pauses, a verb is tried again. */
export interface RetryOptions {
  /** How often a verb is tried, the first time included. Default 5. */
  readonly attempts?: number;
  /** The first pause, in milliseconds; doubled each time, with jitter. Default 200. */
  readonly baseMs?: number;
  /** The longest pause, in milliseconds. Default 10,000. */
  readonly capMs?: number;
  /** What pauses are measured by. Default: the machine's own clock. */
  readonly clock?: Clock;
}

const defaults: Required<RetryOptions> = { attempts: 5, baseMs: 200, capMs: 10_000, clock: systemClock };

/** `retry+`: tries again what failed for a while. Transparent. */
class RetryTransport extends TransportDecorator {
  readonly prefix = "retry";
  readonly boundary = false;
  readonly #options: Required<RetryOptions>;

  constructor(inner: Transport, options: Required<RetryOptions>) {
    super(inner);
    this.#options = options;
  }

  protected around(inner: Transport): RetryTransport {
    return new RetryTransport(inner, this.#options);
  }

  override put(path: string, source: ByteSource, options?: PutOptions): Promise<number> {
    return isInMemory(source) ? super.put(path, source, options) : this.inner.put(path, source, options);
  }

  override append(path: string, source: ByteSource, options?: CreateOptions): Promise<number> {
    return isInMemory(source) ? super.append(path, source, options) : this.inner.append(path, source, options);
  }

  override readv(path: string, ranges: Iterable<ByteRange>, options?: VerbOptions): AsyncIterable<Buffer> {
    return super.readv(path, [...ranges], options);
  }

  override connect(options?: VerbOptions): Promise<void> {
    return this.#tried("whatever happened", () => this.inner.connect(options), options);
  }

  protected override ask<T>(verb: Verb, _path: string, work: () => Promise<T>, options?: VerbOptions): Promise<T> {
    return this.#tried(mayBeRepeated(verb) ? "whatever happened" : "nothing happened", work, options);
  }

  protected override async *stream<T>(
    _verb: Verb,
    _path: string,
    work: () => AsyncIterable<T>,
    options?: VerbOptions,
  ): AsyncGenerator<T> {
    // What was handed out cannot be taken back: only what fails before the first is tried again.
    const begun = await this.#tried(
      "whatever happened",
      async () => {
        const rest = work()[Symbol.asyncIterator]();
        return { rest, first: await rest.next() };
      },
      options,
    );
    const { rest, first } = begun;
    if (first.done === true) return;
    try {
      yield first.value;
      yield* { [Symbol.asyncIterator]: () => rest };
    } finally {
      await rest.return?.();
    }
  }

  async #tried<T>(
    again: "whatever happened" | "nothing happened",
    work: () => Promise<T>,
    options: VerbOptions | undefined,
  ): Promise<T> {
    const { attempts, baseMs, capMs, clock } = this.#options;
    const backOff = new BackOff(clock, baseMs, capMs);
    let mayBeDone = false;
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (thrown) {
        if (!isTransportError(thrown)) throw thrown;
        // Whatever becomes of a later one, an earlier one may have been done.
        const error: TransportError =
          mayBeDone && thrown.effect === "none" ? thrown.with({ effect: "unknown" }) : thrown;
        const mayHelp = error.temporary && (again === "whatever happened" || error.effect === "none");
        if (!mayHelp || attempt >= attempts) throw error;
        mayBeDone ||= error.effect !== "none";
        if (options?.signal?.aborted === true) throw givenUp(error, options.signal);
        backOff.failed();
        await pause(clock, backOff.pauseMs(), options?.signal);
      }
    }
  }
}

/** Whether doing it twice is doing it once. To delete what an earlier attempt has deleted is to find nothing. */
function mayBeRepeated(verb: Verb): boolean {
  return !isChanging(verb) || (isRepeated(verb) && verb !== "deleteTree");
}

/** What was not tried again because nobody wants it any more. */
function givenUp({ operation, url, path, effect }: TransportError, { reason: cause }: AbortSignal): TransportError {
  return new TransportError("aborted", "the operation was aborted", { operation, url, path, effect, cause });
}

/**
 * A transport that tries again what failed with a `temporary` error: what reads always; what changes something where nothing has happened (`effect` none), or
 * where doing it twice is doing it once, as it is with a put; and never what has taken from a source that cannot be read twice.
 */
export function retry(transport: Transport, options: RetryOptions = {}): Transport {
  return new RetryTransport(transport, { ...defaults, ...options });
}

/** With a prefix the pauses are measured by the clock of the same call. */
export const retryDecorator: Decorator = {
  name: "retry",
  wrap: (inner, { clock = systemClock }) => retry(inner, { clock }),
};
