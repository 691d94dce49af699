import type { TransportError } from "../errors/transport-error.ts";
import type { Clock } from "./clock.ts";

/** Where a connect is: reported in errors and events, each with a time limit of its own. */
export type ConnectPhase = "resolve" | "connect" | "proxy" | "handshake" | "authenticate" | "session";

/** What a connector is told and may say while it opens a wire. */
export interface OpenContext {
  /** Aborted when the last waiter left or the time limit passed. The connector then destroys what it has and rejects. */
  readonly signal: AbortSignal;
  /** What every limit and pause of the wire, too, is measured by. */
  readonly clock: Clock;
  /**
   * Says that the next phase began. `at` is whom it concerns, without secrets, where that is not who the connector's label names. `heard` is asked when a limit
   * runs out in that phase: what the other side said that it should not have, as a clause for the error, printable and without secrets; undefined for nothing.
   */
  readonly enter: (phase: ConnectPhase, at?: string, heard?: () => string | undefined) => void;
  /** Stops the connect clock while a person types or a callback decides. */
  readonly pauseClock: <T>(work: () => Promise<T>) => Promise<T>;
  /** Says that the wire died. To be called once, at any time after `open` resolved; the wire then leaves its slot. */
  readonly lost: (error: TransportError) => void;
  /** Says, in the place of `lost`, that the other side closed the wire in good order while it was not in use. */
  readonly ended: () => void;
}

/** Bytes that crossed a wire's socket so far. */
export interface WireTraffic {
  /** Out. */
  readonly bytesSent: number;
  /** In. */
  readonly bytesReceived: number;
}

/**
 * How a driver opens, checks and closes one kind of wire. It is all that the connection layer knows of a protocol.
 *
 * `open` either resolves with a wire that works or leaves nothing behind. Every method that returns a promise settles.
 */
export interface Connector<Wire> {
  /** Where it leads, without secrets, for errors and reports: `sftp://joe@example.com`. */
  readonly label: string;
  /** How many leases one wire carries at once: `Infinity` where requests are multiplexed, 1 where they exclude each other. */
  readonly leasesPerWire: number;
  /** Opens a wire that works; a rejection leaves nothing behind. */
  open(context: OpenContext): Promise<Wire>;
  /** Asks the server something cheap in its own protocol. Rejects when the wire is of no use any more. */
  check(wire: Wire, signal: AbortSignal): Promise<void>;
  /** Says goodbye and closes. */
  close(wire: Wire): Promise<void>;
  /** Drops the wire at once; whatever is pending on it rejects with `reason`. */
  destroy(wire: Wire, reason: TransportError): void;
  /** While a wire is held it keeps the process alive; an idle one never does. */
  hold(wire: Wire, held: boolean): void;
  /** What crossed a wire's socket so far. */
  traffic(wire: Wire): WireTraffic;
  /** Whether a silent wire is given signs of life, each of them a `check`. Absent: all are. */
  keptAlive?(wire: Wire): boolean;
  /** Its wires are not closed for idleness from now on: what they lead through must not be either. */
  pin?(): void;
  /** `connect()` was called: credentials that were refused in a request, not while a wire was opened, may be tried again. */
  forgive?(): void;
}
