import type { PossibleTransports, TransportOptions } from "samewire";

import type { Peer } from "../sites/peer.ts";

/** A list of transports that may be used, or undefined where every function is on its own. */
export type List = PossibleTransports | undefined;

/** Where a chain runs: a fresh, empty directory on each of two servers. */
export interface Place {
  /** Each ends in `/`. */
  readonly roots: readonly [first: string, second: string];
  /** What a client must be given beside a URL to be let in. */
  readonly options: TransportOptions;
  /** The URL under which what a URL leads to can be written: the same one, unless the server only lets one read. */
  readonly writable: (url: string) => string;
}

/**
 * A command of the 2007 RFC: small functions that each take a URL and the list, open what they need, and give back what they opened. None
 * knows what another one opened.
 */
export interface Chain {
  readonly name: string;
  /** One line: what the command does. */
  readonly summary: string;
  /** Whether it reads and does nothing else, so that it can run where nobody may write. */
  readonly onlyReads?: boolean;
  /** The location of everything that it opens; what they have in common decides how few connections will do. */
  locations(place: Place): readonly string[];
  /** Puts on the servers what must be there before. */
  prepare(place: Place, list: List): Promise<void>;
  /** Runs the command; resolves with what it found out, which is the same however it is connected. */
  run(place: Place, list: List): Promise<string>;
  /** The same command without samewire: a vendor's client for each location. */
  runByHand(place: Place, peer: Peer): Promise<string>;
}
