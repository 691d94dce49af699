import type { Transport } from "samewire";
import { isTransportError } from "samewire";

import type { Content, Piece } from "./content.ts";
import type { Prediction } from "./prediction.ts";
import type { World } from "./world.ts";

/** What a deed is done with. */
export interface Doing {
  readonly transport: Transport;
  /** What is there before. */
  readonly world: World;
  /** What must be there afterwards. */
  readonly prediction: Prediction;
  readonly signal: AbortSignal;
  /** Whether a lock may be gone, since the server was started anew. */
  readonly forgetsLocks: boolean;
  /** What a write would write that is refused. */
  readonly piece: (bytes: number) => Piece;
}

/** What came of a deed that did not reject. */
export interface Done {
  /** What is wrong with what it answered. */
  readonly wrong?: string;
  /** It was given up in the middle, by its caller or in some of its files: nobody knows how much of it happened. */
  readonly torn?: boolean;
  /** Contents of which every byte was compared. */
  readonly seen?: readonly Content[];
}

export function expect(good: boolean, wrong: () => string): Done {
  return good ? {} : { wrong: wrong() };
}

/** What is nobody's fault but the network's and the server's: the same call may succeed another time. */
export function isTroubleOnTheWay(error: unknown): boolean {
  return isTransportError(error, "connection-failed", "connection-lost", "too-many-connections", "timeout", "aborted");
}
