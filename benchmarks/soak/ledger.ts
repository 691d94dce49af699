import type { Content, Piece } from "./content.ts";

const mostTold = 40;

/** What a run has seen so far: it only grows. */
export class Ledger {
  operations = 0;
  /** Of those: refused as they had to be. */
  refused = 0;
  /** Failed on the way, by code and effect: `timeout/unknown`. */
  readonly troubles = new Map<string, number>();
  /** By verb, all of them. */
  readonly verbs = new Map<string, number>();
  /** Changes that were acknowledged. */
  acknowledged = 0;
  /** Of those: contents that were written. */
  written = 0;
  /** Of those: of which every byte was seen to be there, by the library or on the server's own disk. The others were replaced or deleted before. */
  verified = 0;
  /** Directories in which something happened of which nobody knew whether it did, and in which one of the things that may be was found. */
  uncertain = 0;
  /** Directories in which something else was found. */
  lost = 0;
  /** Temporaries that were left behind. */
  temporaries = 0;
  readonly #acknowledged = new WeakSet<Piece>();
  readonly #seen = new WeakSet<Piece>();
  readonly #tell: (what: string) => void;
  #wrongs = 0;

  /** `tell` is told the first things that are wrong. */
  constructor(tell: (what: string) => void) {
    this.#tell = tell;
  }

  /** The content of a file was acknowledged. */
  acknowledge(content: Content): void {
    for (const piece of content) {
      if (this.#acknowledged.has(piece)) continue;
      this.#acknowledged.add(piece);
      this.written++;
    }
  }

  /** Every byte of a file was compared. */
  saw(content: Content): void {
    for (const piece of content) {
      if (this.#seen.has(piece) || !this.#acknowledged.has(piece)) continue;
      this.#seen.add(piece);
      this.verified++;
    }
  }

  count(of: Map<string, number>, name: string): void {
    of.set(name, (of.get(name) ?? 0) + 1);
  }

  wrong(what: string): void {
    // The first ones tell what is wrong; thousands that follow from it would tell no more.
    if (this.#wrongs++ < mostTold) this.#tell(what);
  }

  /** How much there is that must not be. */
  get wrongCount(): number {
    return this.#wrongs;
  }
}
