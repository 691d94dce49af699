import type { Clock } from "../connection/clock.ts";
import type { Operation } from "../transport/operation.ts";
import { abortable } from "../transport/operation.ts";
import type { Entry } from "../transport/stat.ts";

interface Reader {
  /** The entry that it wants next, counted from the first of all. */
  next: number;
}

interface ListingAsk {
  readonly open: (signal: AbortSignal) => AsyncIterable<Entry>;
  /** A longer listing is kept for nobody who comes later. */
  readonly maxEntries: number;
  /** Called with all of it, if it is not longer. */
  readonly complete: (entries: readonly Entry[]) => void;
}

/** As `SharedAsks`, for answers that come entry by entry. */
export class SharedListings {
  readonly #open = new Map<string, SharedListing>();

  isOpen(question: string): boolean {
    return this.#open.has(question);
  }

  /** The listing that others are getting, if all of it is to be had, or a new one; to be read at once. */
  join(question: string, ask: ListingAsk): SharedListing {
    const open = this.#open.get(question);
    if (open !== undefined) return open;
    const listing = new SharedListing(ask, () => {
      if (this.#open.get(question) === listing) this.#open.delete(question);
    });
    this.#open.set(question, listing);
    return listing;
  }

  forget(): void {
    this.#open.clear();
  }
}

/** One listing for several readers, fetched as fast as the quickest of them takes it, and given up with the last. */
class SharedListing {
  readonly #ask: ListingAsk;
  readonly #closed: () => void;
  readonly #source: AsyncIterator<Entry>;
  readonly #abort = new AbortController();
  readonly #readers = new Set<Reader>();
  #entries: Entry[] = [];
  /** Entries before those that are kept. */
  #dropped = 0;
  #step: Promise<void> | undefined;
  #end: { readonly failure?: unknown } | undefined;

  /** `closed` is called once nobody else may join. */
  constructor(ask: ListingAsk, closed: () => void) {
    this.#ask = ask;
    this.#closed = closed;
    this.#source = ask.open(this.#abort.signal)[Symbol.asyncIterator]();
  }

  async *read(operation: Operation, clock: Clock): AsyncGenerator<Entry> {
    const reader: Reader = { next: 0 };
    this.#readers.add(reader);
    try {
      for (;;) {
        const entry = this.#entries[reader.next - this.#dropped];
        if (entry !== undefined) {
          reader.next++;
          yield entry;
        } else if (this.#end === undefined) {
          await abortable((this.#step ??= this.#fetch()), operation, false, clock);
        } else if ("failure" in this.#end) throw this.#end.failure;
        else return;
      }
    } finally {
      this.#readers.delete(reader);
      if (this.#readers.size === 0) await this.#giveUp();
    }
  }

  /** Never rejects: a failure comes after the last entry, for each reader. */
  async #fetch(): Promise<void> {
    try {
      const { done, value } = await this.#source.next();
      if (done === true) this.#finish({});
      else this.#entries.push(value);
      if (this.#entries.length > this.#ask.maxEntries) this.#drop();
    } catch (failure) {
      this.#finish({ failure });
    } finally {
      this.#step = undefined;
    }
  }

  #finish(end: { readonly failure?: unknown }): void {
    this.#end = end;
    this.#closed();
    if (!("failure" in end) && this.#dropped === 0) this.#ask.complete(this.#entries);
  }

  /** What all who are there have had is kept no longer. */
  #drop(): void {
    this.#closed();
    const wanted = Math.min(this.#dropped + this.#entries.length, ...Array.from(this.#readers, ({ next }) => next));
    this.#entries = this.#entries.slice(wanted - this.#dropped);
    this.#dropped = wanted;
  }

  async #giveUp(): Promise<void> {
    if (this.#end !== undefined) return;
    this.#closed();
    const isAwaited = this.#step !== undefined;
    this.#abort.abort();
    const closing = this.#source.return?.();
    // What is awaited may never come, so that its end is not waited for; it was given up, and its failures are nobody's.
    if (isAwaited) closing?.catch(() => undefined);
    else await closing;
  }
}
