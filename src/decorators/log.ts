import { toTransportError } from "../errors/transport-error.ts";
import type { Logger } from "../log/logger.ts";
import { silentLogger } from "../log/logger.ts";
import type { Decorator } from "../transport/scheme.ts";
import type { Transport } from "../transport/transport.ts";
import type { Verb } from "../transport/verbs.ts";
import { RecordingDecorator } from "./recording.ts";

/** `log+`: writes a line for every verb once it has ended: `debug` where it succeeded, `warn` where it failed. Transparent. */
class LogTransport extends RecordingDecorator {
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

  protected record(verb: Verb, path: string, durationMs: number, failure?: unknown): void {
    const fields = { verb, url: this.location.redactedUrl, path, durationMs: Math.round(durationMs * 1_000) / 1_000 };
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
