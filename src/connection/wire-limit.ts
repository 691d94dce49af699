/**
 * How many wires may be open to one server, counted beyond one shared connection: in one process (`localWireLimit`), or by many processes and machines together
 * (`sharedWireLimit`). A pool asks for a permit before it opens a wire, and gives it back once the wire is gone; who keeps count it does not know.
 */
export interface WireLimit {
  /** Where one pool gets the permits for its wires from. `endpoint` is that of its connection key: scheme, user, host and port, without secrets. */
  permitsFor(endpoint: string): PermitSource;
}

/** Where one pool gets its permits. A pool stands in line once, however many of its attempts wait. */
export interface PermitSource {
  /** A permit, as soon as it is this pool's turn. Rejects with the reason of the signal, or with why nobody can be asked. */
  acquire(holder: PermitHolder, signal: AbortSignal): Promise<Permit>;
  /** Settles once whoever keeps count knows of all that was given back, or cannot be told. */
  settled(): Promise<void>;
}

/** The right to have one wire open. */
export interface Permit {
  /** False from shortly before it ends because it could not be renewed: its wire is not lent any more. */
  readonly valid: boolean;
  /** Gives it back; harmless afterwards. `refusedForMs`: the server let one wire fewer in, and for so long nobody need try. */
  release(refusedForMs?: number): void;
}

/**
 * Why a wire is to be given up. `idle`: others wait, and it may be that nobody uses it. `turn`: others wait and have less, so that it goes when what is under way
 * on it has ended. `lost`: its permit ends; the same, and at once where it is not in use.
 */
export type Demand = "idle" | "turn" | "lost";

/** Who has a permit: a wire. */
export interface PermitHolder {
  /** True where the wire is on its way out. */
  giveUp(demand: Demand): boolean;
}
