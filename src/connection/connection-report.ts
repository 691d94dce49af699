/** What a shared connection is doing. `idle`: no wire, and the next operation opens one. `closed` is final. */
export type ConnectionState = "idle" | "connecting" | "ready" | "closing" | "closed";

/** The account of one shared connection. Holds no secret. */
export interface ConnectionReport {
  /** `sftp://joe@example.com`. */
  readonly label: string;
  /** What it is doing now. */
  readonly state: ConnectionState;
  /** Whether its wires stay open however long nobody needs them (`pin`). */
  readonly pinned: boolean;
  /** Where in the program it was asked for: one line of a stack trace. */
  readonly requestedAt: string;
  /** Transports made on it beside the first. */
  readonly reused: number;
  /** Operations that were lent a wire. */
  readonly operations: number;
  /** Wires opened so far. One, unless it was lost, closed, or the protocol carries one operation at a time. */
  readonly wiresOpened: number;
  /** Wires that are open now. */
  readonly wiresOpen: number;
  /** Wires that were lost without being closed. */
  readonly wiresLost: number;
  /** Attempts to open a wire that failed. */
  readonly refusals: number;
  /** Wires at most: as asked for, or as few as the server allowed. */
  readonly limit: number;
  /** Bytes that went out on all of its wires so far, as they crossed the socket. */
  readonly bytesSent: number;
  /** Bytes that came in. */
  readonly bytesReceived: number;
  /** From nothing to a wire that works, for each wire, in milliseconds. */
  readonly connectMs: readonly number[];
  /** Where in the program another connection with the same key was open when this one opened a wire. */
  readonly spurious: readonly string[];
}
