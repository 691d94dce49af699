import { LRUCache } from "lru-cache";

import type { Clock } from "../connection/clock.ts";
import { systemClock } from "../connection/clock.ts";
import { TransportError } from "../errors/transport-error.ts";
import type { Entry, Stat } from "../transport/stat.ts";
import { SharedAsks } from "./cache-asks.ts";
import { SharedListings } from "./cache-listing.ts";
import type { Sighting } from "./cache-version.ts";

/** How much a cache may hold, and for how long it believes what it holds. */
export interface CacheOptions {
  /** Bytes held at most: contents, and some hundred for every stat and every entry of a listing. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Answers held at most. Default 10,000. */
  readonly maxEntries?: number;
  /** Longer files are passed through, and not held. Default 1 MiB. */
  readonly maxFileBytes?: number;
  /** How long it is believed without a look what a stat, a listing or `has` said, and that something is missing; in milliseconds. Default 1,000. */
  readonly maxAgeMs?: number;
  /** The same of the content of a file. Default 0: each time one stat is asked for, whether the file is still the same. */
  readonly contentMaxAgeMs?: number;
  /** What ages are measured by. Default: the machine's own clock. */
  readonly clock?: Clock;
}

/** What a cache did so far, and what it holds. */
export interface CacheReport {
  /** Calls that were answered without a word to the server. */
  readonly hits: number;
  /** Contents that were answered with after one look, which said that the file is still the same. */
  readonly validated: number;
  /** Calls that were answered with what somebody else was asking at that moment. */
  readonly shared: number;
  /** Calls that could have been answered, and were sent to the server. */
  readonly misses: number;
  /** Answers held now. */
  readonly entries: number;
  /** Bytes held now, as they are counted for `maxBytes`. */
  readonly bytes: number;
}

/** An answer, and where it came from: what was held, what somebody else was asking, or the server. */
export interface Answered<T> {
  readonly value: T;
  readonly from: "hits" | "shared" | "misses";
}

/** A missing file is an answer, too: its `not-found`. */
export type StatAnswer = Stat | TransportError;

/** What is known of a file: its content too, once that can be told from every later one. */
export interface KnownFile extends Sighting {
  readonly content?: Buffer;
}

interface Answer {
  readonly value: unknown;
  /** When it was asked for. */
  readonly askedAt: number;
  readonly era: number;
}

const defaults: Required<CacheOptions> = {
  maxBytes: 64 * 1024 * 1024,
  maxEntries: 10_000,
  maxFileBytes: 1024 * 1024,
  maxAgeMs: 1_000,
  contentMaxAgeMs: 0,
  clock: systemClock,
};

/** What an answer takes in memory, roughly, beside its content; of a listing, each entry. */
export const answerBytes = 400;

/** What the transports of one `cache+` remember together. */
export class CacheMemory {
  readonly options: Required<CacheOptions>;
  readonly counts: Record<"hits" | "validated" | "shared" | "misses", number> = {
    hits: 0,
    validated: 0,
    shared: 0,
    misses: 0,
  };
  readonly presences: SharedAsks<boolean>;
  readonly stats: SharedAsks<StatAnswer>;
  readonly contents: SharedAsks<Buffer>;
  readonly listings: SharedListings = new SharedListings();
  readonly #held: LRUCache<string, Answer | KnownFile>;
  /** Between two changes. What was asked in one says nothing of the next. */
  #era = 0;
  #changes = 0;

  /** @throws TransportError `range-not-satisfiable` for a bound that is none */
  constructor(options: CacheOptions = {}) {
    this.options = { ...defaults, ...options };
    const { maxBytes, maxEntries, maxFileBytes, maxAgeMs, contentMaxAgeMs, clock } = this.options;
    for (const [name, value] of Object.entries({ maxBytes, maxEntries, maxFileBytes }))
      if (!Number.isSafeInteger(value) || value < 1)
        throw new TransportError("range-not-satisfiable", `${name} must be a whole number above 0, not ${value}`);
    for (const [name, value] of Object.entries({ maxAgeMs, contentMaxAgeMs }))
      if (!(value >= 0))
        throw new TransportError("range-not-satisfiable", `${name} must not be below 0, as ${value} is`);
    this.#held = new LRUCache({ max: maxEntries, maxSize: maxBytes });
    this.presences = new SharedAsks(clock);
    this.stats = new SharedAsks(clock);
    this.contents = new SharedAsks(clock);
  }

  report(): CacheReport {
    return { ...this.counts, entries: this.#held.size, bytes: this.#held.calculatedSize };
  }

  /** Whether something is being changed: then nothing that is answered is good for anybody but who asked. */
  get isChanging(): boolean {
    return this.#changes > 0;
  }

  /**
   * Begins a change; the function that this answers with ends it, and calling it twice is harmless. Stats and listings of before are forgotten, all of them:
   * links, names that differ in case only and other spellings make it impossible to say under how many names a change can be seen. A content is looked at
   * before it is believed, so that only the one that is `rewritten` goes; all of them where nothing is said, because an old time can come with the change.
   */
  change(rewritten?: string): () => void {
    const forget = (): void => {
      this.#era++;
      if (rewritten === undefined) this.#held.clear();
      else this.#held.delete(fileKey(rewritten));
      for (const asks of [this.presences, this.stats, this.contents, this.listings]) asks.forget();
    };
    this.#changes++;
    forget();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#changes--;
      forget();
    };
  }

  /** What was answered to a question no longer than `maxAgeMs` ago, and is still believed. The question says of which kind it is. */
  believed<T>(question: string, maxAgeMs: number): T | undefined {
    if (this.isChanging || maxAgeMs === 0) return undefined;
    const answer = this.#held.get(question) as Answer | undefined;
    const isGood = answer?.era === this.#era && this.options.clock.now() - answer.askedAt <= maxAgeMs;
    return isGood ? (answer.value as T) : undefined;
  }

  /** To be called when a question is sent; what this answers with takes the answer. */
  asking(question: string): (value: Stat | TransportError | boolean | readonly Entry[]) => void {
    const { isChanging, options } = this;
    const answer = { askedAt: options.clock.now(), era: this.#era };
    return (value) => {
      if (isChanging || answer.era !== this.#era) return;
      const entries = Array.isArray(value) ? value.length : 0;
      this.#held.set(question, { ...answer, value }, { size: question.length * 2 + answerBytes * (1 + entries) });
    };
  }

  knownFile(question: string): KnownFile | undefined {
    return this.#held.get(fileKey(question)) as KnownFile | undefined;
  }

  know(question: string, file: KnownFile): void {
    const size = question.length * 2 + answerBytes + (file.content?.length ?? 0);
    this.#held.set(fileKey(question), file, { size });
  }

  /** Holds what was read of a file, unless anything became known of that since. */
  hold(question: string, known: KnownFile, content: Buffer): void {
    if (this.#held.peek(fileKey(question)) !== known) return;
    // A copy that is as long as the content: what was read can be a piece of something larger.
    const copy = Buffer.allocUnsafeSlow(content.length);
    content.copy(copy);
    this.know(question, { ...known, content: copy });
  }
}

function fileKey(question: string): string {
  return `file ${question}`;
}
