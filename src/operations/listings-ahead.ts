import type { Listing } from "./listing.ts";
import type { WalkedEntry } from "./walk.ts";

/** Listings that are begun before their turn. Where the server is far away, each would cost its round trips otherwise. */
const mostAhead = 32;

/** The listings of directories that a walk will come to, begun as the directories are found. */
export class ListingsAhead {
  readonly #open: (path: string, found: (entry: WalkedEntry) => void) => Listing;
  readonly #wanted: boolean;
  readonly #begun = new Map<string, Listing>();
  /** Found, and not begun yet. */
  readonly #soon = new Set<string>();

  /** Where they are not `wanted`, because it is not known which directories will be entered, each is begun in its turn. */
  constructor(open: (path: string, found: (entry: WalkedEntry) => void) => Listing, wanted: boolean) {
    this.#open = open;
    this.#wanted = wanted;
  }

  /** Those that nobody has taken. */
  get begun(): Iterable<Listing> {
    return this.#begun.values();
  }

  /** The listing of a directory whose turn it is. */
  take(path: string): Listing {
    const listing = this.#begun.get(path) ?? this.#open(path, this.#found);
    this.#begun.delete(path);
    this.#soon.delete(path);
    this.#begin();
    return listing;
  }

  readonly #found = ({ path, stat }: WalkedEntry): void => {
    if (!this.#wanted || stat.type !== "directory") return;
    this.#soon.add(path);
    this.#begin();
  };

  #begin(): void {
    for (const path of this.#soon) {
      if (this.#begun.size >= mostAhead) return;
      this.#soon.delete(path);
      const listing = this.#open(path, this.#found);
      this.#begun.set(path, listing);
      listing.begin();
    }
  }
}
