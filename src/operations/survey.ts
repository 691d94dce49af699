import { abortedWith } from "../connection/abort.ts";
import { TransportError, isTransportError, toTransportError } from "../errors/transport-error.ts";
import type { Entry } from "../transport/stat.ts";
import type { Transport } from "../transport/transport.ts";
import { isSafeName } from "../transport/verbs/list.ts";
import type { EntryFilter } from "./tree-options.ts";
import type { WalkedEntry } from "./walk.ts";

export interface SurveyOptions {
  readonly signal?: AbortSignal | undefined;
  readonly filter?: EntryFilter | undefined;
  /** Whether modification times are wanted, which some listings leave out. Default false. */
  readonly mtimes?: boolean | undefined;
  /** What cannot be read, which is passed over. The top directory alone ends the survey. */
  readonly onFailure: (path: string, error: TransportError) => void;
}

/** Some entries of one directory; a directory comes before what is in it. */
export interface Surveyed {
  /** `""` for the top. */
  readonly directory: string;
  readonly entries: readonly WalkedEntry[];
  /** With the last entries of a directory, if it could be read to its end. */
  readonly complete: boolean;
}

/** Listings under way at a time. */
const mostListings = 64;
/** Entries that wait to be taken before no further listing is begun, and none goes on. */
const mostWaiting = 4_096;
/** Entries that are handed on together, before their listing has ended. */
const batchSize = 256;
/** Directories inside one another: more than a path of 4,096 bytes can say is a server that invents them. */
const maxDepth = 2_048;

/**
 * Everything below a directory, one listing for each, any number of them at once: what comes first is handed on first. Links are not followed. Memory is
 * bounded by whoever takes.
 *
 * @throws TransportError whatever `list` rejects with for the top directory
 */
export async function* survey(transport: Transport, options: SurveyOptions): AsyncGenerator<Surveyed> {
  const running = new Survey(transport, options);
  try {
    yield* running.results();
  } finally {
    await running.stop();
  }
}

interface Pending {
  readonly path: string;
  readonly depth: number;
}

class Survey {
  readonly #transport: Transport;
  readonly #options: SurveyOptions;
  readonly #ending: AbortController;
  /** The last one found is listed first, so that few wait even in a large tree. */
  readonly #pending: Pending[] = [{ path: "", depth: 0 }];
  readonly #listings = new Set<Promise<void>>();
  #isStopped = false;
  #ready: Surveyed[] = [];
  #waiting = 0;
  #failure: { readonly error: unknown } | undefined;
  #wakeTaker: (() => void) | undefined;
  #wakeListings: (() => void)[] = [];

  constructor(transport: Transport, options: SurveyOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#ending = abortedWith(options.signal);
  }

  async *results(): AsyncGenerator<Surveyed> {
    for (;;) {
      this.#begin();
      if (this.#failure !== undefined) throw this.#failure.error;
      const ready = this.#ready;
      if (ready.length === 0) {
        if (this.#listings.size === 0) return;
        await new Promise<void>((resolve) => (this.#wakeTaker = resolve));
        continue;
      }
      this.#ready = [];
      for (const surveyed of ready) {
        yield surveyed;
        this.#waiting -= surveyed.entries.length;
      }
      for (const wake of this.#wakeListings.splice(0)) wake();
    }
  }

  /** Resolves once nothing is under way any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#ending.abort();
    for (const wake of this.#wakeListings.splice(0)) wake();
    await Promise.all(this.#listings);
  }

  #begin(): void {
    if (this.#isStopped) return;
    while (this.#listings.size < mostListings && this.#waiting < mostWaiting && this.#failure === undefined) {
      const next = this.#pending.pop();
      if (next === undefined) return;
      const listing: Promise<void> = this.#list(next).finally(() => {
        this.#listings.delete(listing);
        this.#begin();
        this.#wakeTaker?.();
      });
      this.#listings.add(listing);
    }
  }

  async #list(directory: Pending): Promise<void> {
    const { path, depth } = directory;
    try {
      if (depth > maxDepth) throw tooDeep();
      let batch: Entry[] = [];
      const how = { signal: this.#ending.signal, mtimes: this.#options.mtimes };
      for await (const entry of this.#transport.list(path, how)) {
        batch.push(entry);
        if (batch.length < batchSize) continue;
        await this.#hand(directory, batch, false);
        if (this.#isStopped) return;
        batch = [];
      }
      await this.#hand(directory, batch, true);
    } catch (error) {
      if (depth === 0 || this.#options.signal?.aborted === true) this.#failure ??= { error };
      else if (!this.#isStopped) this.#options.onFailure(path, toTransportError(error));
    }
  }

  async #hand({ path, depth }: Pending, batch: readonly Entry[], complete: boolean): Promise<void> {
    const known = await Promise.all(batch.map((entry) => this.#described(entry)));
    const entries = known.filter((entry) => entry !== undefined && this.#isWanted(entry)) as WalkedEntry[];
    this.#ready.push({ directory: path, entries, complete });
    this.#waiting += entries.length;
    for (const entry of entries)
      if (entry.stat.type === "directory") this.#pending.push({ path: entry.path, depth: depth + 1 });
    this.#begin();
    this.#wakeTaker?.();
    while (!complete && this.#waiting >= mostWaiting && !this.#isStopped)
      await new Promise<void>((resolve) => this.#wakeListings.push(resolve));
  }

  /** What the caller's filter throws is no failure of a directory: it ends everything. */
  #isWanted(entry: WalkedEntry): boolean {
    try {
      return this.#options.filter?.(entry) !== false;
    } catch (error) {
      this.#failure ??= { error };
      return false;
    }
  }

  /** With its stat, which a listing need not have; undefined for what is gone meanwhile, or cannot be described. */
  async #described({ name, path, stat }: Entry): Promise<WalkedEntry | undefined> {
    if (!isSafeName(name)) {
      this.#options.onFailure(path, new TransportError("invalid-path", "the listing has a name that cannot be one"));
      return undefined;
    }
    if (stat !== undefined) return { name, path, stat };
    try {
      return { name, path, stat: await this.#transport.stat(path, { signal: this.#ending.signal }) };
    } catch (error) {
      if (!isTransportError(error, "not-found")) this.#options.onFailure(path, toTransportError(error));
      return undefined;
    }
  }
}

function tooDeep(): TransportError {
  return new TransportError("protocol-error", `there are more than ${maxDepth} directories inside one another`, {
    operation: "list",
  });
}
