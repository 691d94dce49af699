import type { Readable, Writable } from "node:stream";

import { systemClock } from "../connection/clock.ts";
import { TransportError, isTransportError } from "../errors/transport-error.ts";
import type { Lock, LockOptions } from "../transport/lock.ts";
import type { Operation } from "../transport/operation.ts";
import { abortedError, startOperation, throwIfAborted } from "../transport/operation.ts";
import { readStream } from "../transport/read-stream.ts";
import type { Decorator } from "../transport/scheme.ts";
import type { Entry, Stat } from "../transport/stat.ts";
import { TransportDecorator } from "../transport/transport-decorator.ts";
import type { Transport } from "../transport/transport.ts";
import type {
  ByteRange,
  ByteSource,
  CreateOptions,
  GetBytesOptions,
  GetOptions,
  ListOptions,
  PutOptions,
  StatOptions,
  VerbOptions,
} from "../transport/verb-options.ts";
import type { Verb } from "../transport/verbs.ts";
import { isChanging } from "../transport/verbs.ts";
import { checkRange } from "../transport/verbs/check-arguments.ts";
import { prefixOf } from "../transport/verbs/list.ts";
import type { SharedAsks } from "./cache-asks.ts";
import { contentOf } from "./cache-content.ts";
import type { Answered, CacheOptions, CacheReport, StatAnswer } from "./cache-memory.ts";
import { CacheMemory, answerBytes } from "./cache-memory.ts";
import { retold } from "./retold.ts";

/** Verbs after which something can be there that was last changed long ago, under a name where something else was before. */
const bringsOldTimes: ReadonlySet<Verb> = new Set(["rename", "move", "copy", "symlink", "hardlink", "setAttributes"]);

interface Ask<T> {
  readonly verb: Verb;
  /** What tells it from other questions about the same URL. */
  readonly question: string;
  readonly path: string;
  readonly options: VerbOptions | undefined;
  readonly asks: SharedAsks<T>;
  readonly maxAgeMs: number;
}

/** `cache+`: remembers stats, listings and small files. Transparent. */
export class CacheTransport extends TransportDecorator {
  readonly prefix = "cache";
  readonly boundary = false;
  readonly #memory: CacheMemory;

  constructor(inner: Transport, memory: CacheMemory = new CacheMemory()) {
    super(inner);
    this.#memory = memory;
  }

  /** What the cache did so far, for this transport and all that share it. */
  report(): CacheReport {
    return this.#memory.report();
  }

  override clone(path?: string): CacheTransport {
    return new CacheTransport(this.inner.clone(path), this.#memory);
  }

  /** On the same wire, but what a boundary inside lets through need not be what this one's does: then it remembers by itself. */
  protected around(inner: Transport): CacheTransport {
    const isPlain = inner.location.decorators.length === 0;
    return new CacheTransport(inner, isPlain ? this.#memory : new CacheMemory(this.#memory.options));
  }

  override async has(path: string, options?: VerbOptions): Promise<boolean> {
    const { presences: asks, options: bounds } = this.#memory;
    const ask = { verb: "has", question: "has", path, options, asks, maxAgeMs: bounds.maxAgeMs } as const;
    return this.#counted(await this.#answer(ask, (signal) => this.inner.has(path, { signal })));
  }

  override async stat(path: string, options?: StatOptions): Promise<Stat> {
    const stat = this.#counted(await this.#look("stat", path, options, this.#memory.options.maxAgeMs));
    if (stat instanceof TransportError) throw this.#retold(stat, "stat", path);
    return copyOf(stat);
  }

  override async *list(path = "", options: ListOptions = {}): AsyncGenerator<Entry> {
    const at = this.#find(path);
    if (at === undefined || this.#isMute) return yield* this.inner.list(path, options);
    try {
      const operation = startOperation("list", options);
      const prefix = prefixOf(path);
      for await (const { name, stat } of this.#entries(at, path, options, operation)) {
        throwIfAborted(operation);
        yield { name, path: prefix + name, ...(stat === undefined ? undefined : { stat: copyOf(stat) }) };
      }
    } catch (error) {
      throw this.#retold(error, "list", path);
    }
  }

  override async get(path: string, options: GetOptions = {}): Promise<Readable> {
    const { offset = 0, length, signal } = options;
    const content = await this.#content("get", path, options, [{ offset, length }]);
    if (content === undefined) return await this.inner.get(path, options);
    const reader = {
      read: (from: number, bytes: number) => Promise.resolve(Buffer.from(content.subarray(from, from + bytes))),
      close: () => Promise.resolve(),
    };
    const stream = readStream(reader, { offset, length }, this.inner.location.resolve(path), { name: "get", signal });
    // What is aborted while nobody listens must not end the process.
    return stream.on("error", () => undefined);
  }

  override async getBytes(path: string, options: GetBytesOptions = {}): Promise<Buffer> {
    const { offset = 0, length, maxBytes = Infinity } = options;
    const content = await this.#content("getBytes", path, options, [{ offset, length }]);
    const part = content?.subarray(offset, length === undefined ? undefined : offset + length);
    if (part === undefined || part.length > maxBytes) return await this.inner.getBytes(path, options);
    return Buffer.from(part);
  }

  override async *readv(path: string, ranges: Iterable<ByteRange>, options?: VerbOptions): AsyncGenerator<Buffer> {
    const wanted = [...ranges];
    const content = await this.#content("readv", path, options, wanted);
    if (content === undefined || wanted.some(({ offset, length }) => offset + length > content.length))
      return yield* this.inner.readv(path, wanted, options);
    for (const { offset, length } of wanted) {
      if (options?.signal?.aborted === true)
        throw this.#retold(abortedError({ name: "readv", signal: options.signal }), "readv", path);
      yield Buffer.from(content.subarray(offset, offset + length));
    }
  }

  override put(path: string, source: ByteSource, options?: PutOptions): Promise<number> {
    const rewritten = options?.mtime === undefined ? path : undefined;
    return this.#during(rewritten, () => this.inner.put(path, source, options));
  }

  override async openWriteStream(path: string, options?: CreateOptions): Promise<Writable> {
    const over = this.#change(path);
    try {
      return (await this.inner.openWriteStream(path, options)).once("close", over);
    } catch (error) {
      over();
      throw error;
    }
  }

  override async lock(path: string, options?: LockOptions): Promise<Lock> {
    const lock = await super.lock(path, options);
    const release = (): Promise<void> => this.#during(path, () => lock.release());
    return { path: lock.path, release, [Symbol.asyncDispose]: release };
  }

  protected override ask<T>(verb: Verb, path: string, work: () => Promise<T>): Promise<T> {
    if (!isChanging(verb)) return work();
    return this.#during(bringsOldTimes.has(verb) ? undefined : path, work);
  }

  async #during<T>(rewritten: string | undefined, work: () => Promise<T>): Promise<T> {
    const over = this.#change(rewritten);
    try {
      return await work();
    } finally {
      over();
    }
  }

  #change(rewritten: string | undefined): () => void {
    return this.#memory.change(rewritten === undefined ? undefined : this.#find(rewritten));
  }

  #look(verb: Verb, path: string, options: StatOptions | undefined, maxAgeMs: number): Promise<Answered<StatAnswer>> {
    const { followLinks = false } = options ?? {};
    const question = followLinks ? "stat, followed" : "stat";
    return this.#answer({ verb, question, path, options, asks: this.#memory.stats, maxAgeMs }, (signal) =>
      this.inner.stat(path, { followLinks, signal }).catch(unlessMissing),
    );
  }

  async #answer<T extends boolean | StatAnswer>(
    ask: Ask<T>,
    send: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<Answered<T>> {
    const { verb, path, options, asks } = ask;
    const memory = this.#memory;
    try {
      const operation = startOperation(verb, options);
      const at = this.#find(path);
      if (at === undefined || this.#isMute) return { value: await send(options?.signal), from: "misses" };
      const question = `${ask.question} ${at}`;
      const believed = memory.believed<T>(question, ask.maxAgeMs);
      if (believed !== undefined) return { value: believed, from: "hits" };
      const from = asks.isOpen(question) ? "shared" : "misses";
      const value = await asks.join(question, operation, async (signal) => {
        const answered = memory.asking(question);
        const answer = await send(signal);
        answered(answer);
        return answer;
      });
      return { value, from };
    } catch (error) {
      throw this.#retold(error, verb, path);
    }
  }

  #counted<T>({ value, from }: Answered<T>): T {
    this.#memory.counts[from]++;
    return value;
  }

  #entries(
    at: string,
    path: string,
    { mtimes = false }: ListOptions,
    operation: Operation,
  ): Iterable<Entry> | AsyncIterable<Entry> {
    const { listings, counts, options: bounds } = this.#memory;
    const question = `${mtimes ? "list, with times" : "list"} ${at}`;
    const believed = this.#memory.believed<readonly Entry[]>(question, bounds.maxAgeMs);
    if (believed !== undefined) {
      counts.hits++;
      return believed;
    }
    counts[listings.isOpen(question) ? "shared" : "misses"]++;
    const listing = listings.join(question, {
      open: (signal) => this.inner.list(path, { mtimes, signal }),
      maxEntries: bounds.maxBytes / answerBytes,
      complete: this.#memory.asking(question),
    });
    return listing.read(operation, bounds.clock);
  }

  /** The content of a file as it is held, if it still is as it was; one that is wanted as a whole is held from now on, where that can be. */
  async #content(
    verb: Verb,
    path: string,
    options: VerbOptions | undefined,
    ranges: readonly { readonly offset: number; readonly length: number | undefined }[],
  ): Promise<Buffer | undefined> {
    const question = this.#find(path);
    if (question === undefined) return undefined;
    const signal = options?.signal;
    try {
      for (const range of ranges) checkRange(range);
      const operation = startOperation(verb, options);
      const content = await contentOf(this.#memory, {
        question,
        operation,
        isWhole: ranges.some(({ offset, length }) => offset === 0 && length === undefined),
        stepMs: () => this.capabilities.mtimeResolutionMs,
        look: () => this.#look(verb, path, { followLinks: true, signal }, this.#memory.options.contentMaxAgeMs),
        read: (how) => this.inner.getBytes(path, how),
      });
      throwIfAborted(operation);
      return content;
    } catch (error) {
      throw this.#retold(error, verb, path);
    }
  }

  /** Whether nothing is to be answered from memory: while something is changed, and where every verb is `closed`. */
  get #isMute(): boolean {
    return this.#memory.isChanging || this.inner.connectionReport()?.state === "closed";
  }

  /** The URL that a path stands for; undefined for one that stands for none, which every verb refuses by itself. */
  #find(path: string): string | undefined {
    try {
      return this.inner.abspath(path);
    } catch (error) {
      if (isTransportError(error)) return undefined;
      throw error;
    }
  }

  #retold(error: unknown, verb: Verb, path: string): TransportError {
    return retold(error, verb, path, this.location.redactedUrl);
  }
}

/** What is held is nobody's to change. */
function copyOf(stat: Stat): Stat {
  const { mtime, atime } = stat;
  return {
    ...stat,
    ...(mtime === undefined ? undefined : { mtime: new Date(mtime) }),
    ...(atime === undefined ? undefined : { atime: new Date(atime) }),
  };
}

function unlessMissing(error: unknown): TransportError {
  if (isTransportError(error, "not-found")) return error;
  throw error;
}

/**
 * A transport that remembers stats, listings and the contents of small files, together with all that are made from it. What is changed through it is seen at
 * once; what others change, after `maxAgeMs` at most, and in contents at once.
 *
 * @throws TransportError `range-not-satisfiable` for a bound that is none
 */
export function cache(transport: Transport, options: CacheOptions = {}): CacheTransport {
  return new CacheTransport(transport, new CacheMemory(options));
}

/** With a prefix ages are measured by the clock of the same call. */
export const cacheDecorator: Decorator = {
  name: "cache",
  wrap: (inner, { clock = systemClock }) => cache(inner, { clock }),
};
