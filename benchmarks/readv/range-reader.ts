import type { Stretch } from "./scattered.ts";

/** What one reading took, by the reader's own clock, and what came of it. */
export interface Reading {
  readonly ms: number;
  /** SHA-256 of the parts in the order in which they were asked for. */
  readonly digest: string;
}

/** A client with an open connection that reads parts of the file again and again. */
export interface RangeReader extends AsyncDisposable {
  read(): Promise<Reading>;
}

/** Where the file is, and how its server lets one in. */
export interface RangeTarget {
  /** The URL of the directory; ends in `/`. */
  readonly base: string;
  readonly name: string;
  readonly ranges: readonly Stretch[];
}

/** A client that can be opened; rejects with `MissingPeer` where it is not installed. */
export interface RangePeer {
  /** As it is named in results. */
  readonly name: string;
  /** Whether each range takes it a round trip or more of its own: with a delay that is told in advance, and takes minutes. */
  readonly oneByOne: boolean;
  open(target: RangeTarget): Promise<RangeReader>;
}

/** A client is not installed here. */
export class MissingPeer extends Error {}
