import { systemClock } from "../connection/clock.ts";
import { toTransportError } from "../errors/transport-error.ts";
import type { Logger } from "../log/logger.ts";
import { silentLogger } from "../log/logger.ts";
import type { Decorator } from "../transport/scheme.ts";
import { TransportDecorator } from "../transport/transport-decorator.ts";
import type { Transport } from "../transport/transport.ts";
import type { Verb } from "../transport/verbs.ts";

/** `log+`: writes a line for every verb once it has ended: `debug` where it succeeded, `warn` where it failed. Transparent. */
class LogTransport extends TransportDecorator {
  readonly prefix = "log";
  readonly boundary = false;
  readonly #logger: Logger;

  constructor(inner: Transport, logger: Logger) {
    super(inner);
    this.#logger = logger;
  }

  protected around(inner: Transport): LogTransport {
    return new LogTransport(inner, this.#logger);
  }

  protected override async ask<T>(verb: Verb, path: string, work: () => Promise<T>): Promise<T> {
    const startedAt = systemClock.now();
    try {
      const answer = await work();
      this.#write(verb, path, startedAt);
      return answer;
    } catch (error) {
      this.#write(verb, path, startedAt, error);
      throw error;
    }
  }

  protected override async *stream<T>(verb: Verb, path: string, work: () => AsyncIterable<T>): AsyncGenerator<T> {
    const startedAt = systemClock.now();
    let failure: unknown;
    try {
      yield* work();
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      this.#write(verb, path, startedAt, failure);
    }
  }

  #write(verb: Verb, path: string, startedAt: number, failure?: unknown): void {
    const durationMs = Math.round((systemClock.now() - startedAt) * 1_000) / 1_000;
    const fields = { verb, url: this.location.redactedUrl, path, durationMs };
    if (failure === undefined) return this.#logger.debug(fields, verb);
    const { code, effect, message } = toTransportError(failure);
    this.#logger.warn({ ...fields, code, effect }, message);
  }
}

/** A transport that writes a line for every verb: what, where, how long, and how it failed. No secret and no content. */
export function log(transport: Transport, logger: Logger): Transport {
  return new LogTransport(transport, logger);
}

/** With a prefix the lines go to the logger of the same call. */
export const logDecorator: Decorator = {
  name: "log",
  wrap: (inner, { logger = silentLogger }) => log(inner, logger),
};
