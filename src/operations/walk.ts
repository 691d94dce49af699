import { TransportError, isTransportError, toTransportError } from "../errors/transport-error.ts";
import type { Entry, Stat } from "../transport/stat.ts";
import type { Transport } from "../transport/transport.ts";
import type { VerbOptions } from "../transport/verb-options.ts";
import { Listing } from "./listing.ts";
import { ListingsAhead } from "./listings-ahead.ts";

/** What `walk` gives: an entry with its stat, whether or not the listing had one. */
export interface WalkedEntry extends Entry {
  /** Of the entry itself: a link is a link. */
  readonly stat: Stat;
}

/** Options of `walk`. */
export interface WalkOptions extends VerbOptions {
  /** Give directories as well, each before what is in it. Default false. */
  readonly directories?: boolean | undefined;
  /** Whether to go into a directory; asked once the caller has taken it. Default: into every one. */
  readonly enter?: ((directory: WalkedEntry) => boolean) | undefined;
  /** Is told what cannot be read, which is then passed over; without it the walk ends there. What cannot be walked at all rejects either way. */
  readonly onError?: ((error: TransportError, path: string) => void) | undefined;
}

/** Directories inside one another. More than a path of 4,096 bytes can say is a server that invents them. */
const maxDepth = 2_048;
/**
 * The files and links below a directory, depth first, as the listings arrive. Links are not followed, so that there are no cycles; names that are
 * no names are dropped and reported. Holds one open listing per level, and some entries of directories whose turn comes soon, however large the tree is;
 * what vanishes meanwhile is left out.
 *
 * @throws TransportError `not-found`, `not-a-directory`, and whatever `list` rejects with; `protocol-error` for a tree without an end
 */
export async function* walk(transport: Transport, path = "", options: WalkOptions = {}): AsyncGenerator<WalkedEntry> {
  const { directories = false, enter, onError, signal } = options;
  const pass = (error: unknown, at: string): void => {
    if (onError === undefined || signal?.aborted) throw error;
    onError(toTransportError(error), at);
  };
  const ahead = new ListingsAhead((at, found) => new Listing(transport, at, signal, found, pass), enter === undefined);
  const levels = [ahead.take(path)];
  try {
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      let entry: WalkedEntry | undefined;
      try {
        entry = await level.next();
      } catch (error) {
        if (levels.length === 1) throw error;
        levels.pop();
        if (!isTransportError(error, "not-found")) pass(error, level.path);
        continue;
      }
      if (entry === undefined) {
        levels.pop();
        continue;
      }
      if (entry.stat.type !== "directory") {
        yield entry;
        continue;
      }
      if (directories) yield entry;
      if (enter?.(entry) === false) continue;
      if (levels.length >= maxDepth) {
        pass(tooDeep(transport), entry.path);
        continue;
      }
      levels.push(ahead.take(entry.path));
    }
  } finally {
    for (const listing of [...levels, ...ahead.begun]) await listing.close();
  }
}

function tooDeep(transport: Transport): TransportError {
  return new TransportError("protocol-error", `there are more than ${maxDepth} directories inside one another`, {
    operation: "walk",
    url: transport.location.redactedUrl,
  });
}
