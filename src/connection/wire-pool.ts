import type { TransportError } from "../errors/transport-error.ts";
import type { WireTraffic } from "./connector.ts";

/** A wire on loan to one operation. Given back exactly once, by `release` or `discard`; what comes later is ignored. */
export interface Lease<Wire> {
  /** The caller's until it is given back. */
  readonly wire: Wire;
  /** Gives the wire back in a known protocol state. */
  release(): void;
  /** Gives the wire back in an unknown protocol state: it is dropped, and nobody gets it again. */
  discard(reason: TransportError): void;
  /** Says that the server answered part of the operation: its silence is counted from now. */
  progress(): void;
  /** Says that no answer is awaited (a reader is slow): silence is not counted, and the process may end. */
  pause(): void;
  /** Says that an answer is awaited again. */
  resume(): void;
}

/** What a wire is wanted for. */
export interface LeaseRequest {
  /** The verb, for messages. */
  readonly operation: string;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the operation was silent for too long on a wire that lives. The operation then rejects; its late answer is ignored. */
  readonly expired?: (reason: TransportError) => void;
}

/** What a pool tells its owner. */
export interface PoolObserver<Wire> {
  /** A wire was opened and nobody has it yet. Its promise is awaited: the place for what must be done first on every new wire. */
  opened(wire: Wire, facts: { readonly connectMs: number }): Promise<void>;
  /** A wire is gone: closed in good order, or lost for `reason`. */
  gone(wire: Wire, facts: { readonly reason: TransportError | undefined; readonly traffic: WireTraffic }): void;
  /** An attempt to open a wire failed. */
  failed(error: TransportError): void;
  /** The server allows fewer wires than asked for, or again more. */
  limited(limit: number): void;
}

/** What a pool holds now. */
export interface PoolStats extends WireTraffic {
  /** Wires that work. */
  readonly wires: number;
  /** Wires that are being opened. */
  readonly connecting: number;
  /** Wires that are being closed. */
  readonly closing: number;
  /** Operations that have a wire. */
  readonly leases: number;
  /** Operations that wait for one. */
  readonly waiting: number;
  /** Wires at most: what was asked for, or fewer where the server refused more. */
  readonly limit: number;
}

/**
 * Opens wires through a connector and lends them, first come first served. It knows nothing of files or URLs, and another one can be
 * put in its place.
 */
export interface WirePool<Wire> {
  /** A wire at once where one is free; undefined where `lease` has to be waited for. */
  tryLease(request: LeaseRequest): Lease<Wire> | undefined;
  /** A wire as soon as there is one. Rejects with the connector's error, `aborted`, `timeout` or `closed`. */
  lease(request: LeaseRequest): Promise<Lease<Wire>>;
  /** Closes every wire once its leases are back, or after the drain limit. Later leases open new ones. Settles. */
  disconnect(): Promise<void>;
  /** `disconnect`, and no lease ever again: they reject with `reason`. Settles. */
  close(reason: TransportError): Promise<void>;
  /** From now on no wire is closed because nobody needs it. A pool that closes none for that need not have this. */
  pin?(): void;
  /** What it holds now. */
  stats(): PoolStats;
}
