import type { Transport, TransportOptions, VerbOptions } from "../../src/index.ts";
import type { Ending, Manner } from "./ending.ts";
import type { Fault } from "./fault.ts";
import type { Phase } from "./phase.ts";
import type { Striker } from "./striker.ts";
import type { Wedge } from "./wedge.ts";

/** A server behind a wedge, of one cell alone. */
export interface Stage {
  /** Of a directory that can be read and, where the scheme writes, written; through the wedge. */
  readonly url: string;
  /** With which the server is trusted and lets one in; with whatever is secret. */
  readonly options: TransportOptions;
  readonly wedge: Wedge;
  /** What is open at the server now: connections, files, transfers. 0 once everybody has left. */
  left(): number;
  /** Asserts that a transport does what it is for, as if nothing had happened. `name` is free for a file. */
  works(transport: Transport, name: string): Promise<void>;
  close(): Promise<void>;
}

/** What is done when a fault strikes in a phase. */
export interface Act<S extends Stage = Stage> {
  /** The verb, as it is shown: `stat`, `put`. */
  readonly name: string;
  readonly manner: Manner;
  /** What is struck. Default: the wedge. */
  readonly striker?: (stage: S) => Striker;
  /** Options beside the stage's. */
  readonly options?: TransportOptions;
  /** What has been done by then. Default: nothing where it is `connecting`, else the wire has been used. */
  readonly before?: (transport: Transport) => Promise<unknown>;
  /**
   * Sees to it that `strike` is called at the right moment: now, or by a hook of the server, or by the wedge. Of what is `connecting` it is to be called for every
   * attempt; otherwise the first call counts. Awaited before `run`; the wire is open by then unless it is `connecting`.
   */
  readonly arm: (stage: S, strike: () => void) => void | Promise<void>;
  /** Does it, and throws if what it gets is not what it should be. */
  readonly run: (transport: Transport, options: VerbOptions) => Promise<unknown>;
  /** A look from the other side: whether what was asked for has happened. */
  readonly happened?: (stage: S) => boolean | Promise<boolean>;
  /** Where it ends otherwise than what is done in the same manner. */
  readonly exceptions?: Exceptions;
}

export type Exceptions = Partial<Readonly<Record<Fault, Exception>>>;

export interface Exception {
  readonly ending: Ending | "does not apply";
  readonly because: string;
}

/** Why a phase is none of a scheme's. */
export interface DoesNotApply {
  readonly doesNotApply: string;
}

/** A row of the matrix for each phase: a scheme, with a server of its own. */
export interface FaultSite<S extends Stage = Stage> {
  readonly scheme: string;
  /** What must be said nowhere. */
  readonly secrets: readonly string[];
  /** Wires at most. */
  readonly wires: number;
  /** Cells that run at a time, where each computes much. */
  readonly atOnce?: number;
  /** What closes all of them. Default `disconnect()`; a wire that only leads to another one is the scope's. */
  readonly closedBy?: "disconnect" | "scope";
  /** Where whatever is done in a manner ends otherwise than over other schemes. */
  readonly exceptions?: Partial<Readonly<Record<Manner, Exceptions>>>;
  /** Another stage for each cell. */
  readonly open: () => Promise<S>;
  readonly phases: Readonly<Record<Phase, readonly Act<S>[] | DoesNotApply>>;
}
