import type { Readable, Writable } from "node:stream";
import { Readable as ReadableStream, Writable as WritableStream } from "node:stream";

import { systemClock } from "../connection/clock.ts";
import { toTransportError } from "../errors/transport-error.ts";
import type { Decorator } from "../transport/scheme.ts";
import { TransportDecorator } from "../transport/transport-decorator.ts";
import type { Transport } from "../transport/transport.ts";
import type {
  ByteRange,
  ByteSource,
  CreateOptions,
  GetBytesOptions,
  GetOptions,
  PutOptions,
  VerbOptions,
} from "../transport/verb-options.ts";
import type { Verb } from "../transport/verbs.ts";
import { chunksOf, isInMemory } from "../transport/verbs/source.ts";
import type { LimitOptions } from "./allowance.ts";
import { Allowance } from "./allowance.ts";

/** Content is paid for in pieces of at most this size, so that nobody waits long for one piece. */
const pieceBytes = 16_384;

/** `limit+`: so many operations at a time, so many bytes a second. A boundary: whoever has it cannot do more by another way. */
class LimitTransport extends TransportDecorator {
  readonly prefix = "limit";
  readonly boundary = true;
  readonly #allowance: Allowance;

  constructor(inner: Transport, allowance: Allowance) {
    super(inner);
    this.#allowance = allowance;
  }

  protected around(inner: Transport): LimitTransport {
    return new LimitTransport(inner, this.#allowance);
  }

  override async get(path: string, options?: GetOptions): Promise<Readable> {
    const stream = await this.#untilClosed("get", path, () => this.inner.get(path, options), options);
    const paid = ReadableStream.from(this.#paid(stream), { objectMode: false });
    // What nobody began to read does not learn otherwise that nobody will.
    return paid.once("close", () => stream.destroy());
  }

  override async openWriteStream(path: string, options?: CreateOptions): Promise<Writable> {
    const open = (): Promise<Writable> => this.inner.openWriteStream(path, options);
    const stream = await this.#untilClosed("openWriteStream", path, open, options);
    return paidWriter(stream, (bytes) => this.#allowance.pay(bytes));
  }

  override async getBytes(path: string, options?: GetBytesOptions): Promise<Buffer> {
    const bytes = await super.getBytes(path, options);
    await this.#allowance.pay(bytes.length, options?.signal);
    return bytes;
  }

  override async *readv(path: string, ranges: Iterable<ByteRange>, options?: VerbOptions): AsyncGenerator<Buffer> {
    for await (const bytes of super.readv(path, ranges, options)) {
      await this.#allowance.pay(bytes.length, options?.signal);
      yield bytes;
    }
  }

  override put(path: string, source: ByteSource, options?: PutOptions): Promise<number> {
    return super.put(path, this.#paidSource(source, options), options);
  }

  override append(path: string, source: ByteSource, options?: CreateOptions): Promise<number> {
    return super.append(path, this.#paidSource(source, options), options);
  }

  protected override async ask<T>(verb: Verb, path: string, work: () => Promise<T>, options?: VerbOptions): Promise<T> {
    await this.#enter(verb, path, options);
    try {
      return await work();
    } finally {
      this.#allowance.leave();
    }
  }

  /** Room is taken for each step alone: who gets a file while he lists must not wait for himself. */
  protected override async *stream<T>(
    verb: Verb,
    path: string,
    work: () => AsyncIterable<T>,
    options?: VerbOptions,
  ): AsyncGenerator<T> {
    const steps = work()[Symbol.asyncIterator]();
    try {
      for (;;) {
        const step = await this.ask(verb, path, () => steps.next(), options);
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      await steps.return?.();
    }
  }

  /** A stream takes its room until it is closed. */
  async #untilClosed<Stream extends Readable | Writable>(
    verb: Verb,
    path: string,
    open: () => Promise<Stream>,
    options: VerbOptions | undefined,
  ): Promise<Stream> {
    await this.#enter(verb, path, options);
    try {
      const stream = await open();
      stream.once("close", () => this.#allowance.leave());
      return stream;
    } catch (error) {
      this.#allowance.leave();
      throw error;
    }
  }

  async #enter(operation: Verb, path: string, options: VerbOptions | undefined): Promise<void> {
    try {
      await this.#allowance.enter(options?.signal);
    } catch (error) {
      throw toTransportError(error).with({ operation, path, url: this.location.redactedUrl });
    }
  }

  /** What is no content is left as it is, for whoever refuses it. */
  #paidSource(source: ByteSource, options: VerbOptions | undefined): ByteSource {
    const isContent =
      isInMemory(source) || (typeof source === "object" && source !== null && Symbol.asyncIterator in source);
    return isContent ? this.#paid(chunksOf(source), options?.signal) : source;
  }

  async *#paid(chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    for await (const bytes of chunks) {
      for (let from = 0; from < bytes.length; from += pieceBytes) {
        const piece = bytes.subarray(from, from + pieceBytes);
        await this.#allowance.pay(piece.length, signal);
        yield piece;
      }
    }
  }
}

/** A stream that passes on what is written to it once that was paid for. */
function paidWriter(to: Writable, pay: (bytes: number) => Promise<void>): Writable {
  const writer = new WritableStream({
    write(chunk: Buffer, _encoding, done) {
      pay(chunk.length).then(() => to.write(chunk, done), done);
    },
    final(done) {
      to.end(done);
    },
    destroy(error, done) {
      if (!to.writableFinished) to.destroy(error ?? undefined);
      done(error);
    },
  });
  to.once("error", (error) => writer.destroy(error));
  return writer;
}

/** What a prefix allows, which has no place for numbers. */
const usual: LimitOptions = { operations: 4, bytesPerSecond: 2 ** 20 };

/**
 * A transport that does so many operations at a time, and moves so many bytes a second, as is said; all that are made from it together.
 *
 * @throws TransportError `range-not-satisfiable` for a limit that lets nothing through
 */
export function limit(transport: Transport, options: LimitOptions = usual): Transport {
  return new LimitTransport(transport, new Allowance({ clock: systemClock, ...options }));
}

/** With a prefix: 4 operations at a time, 1 MiB a second. */
export const limitDecorator: Decorator = {
  name: "limit",
  wrap: (inner, { clock = systemClock }) => limit(inner, { ...usual, clock }),
};
