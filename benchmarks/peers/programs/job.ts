import type { Destination, Transfer } from "../transfer.ts";

/** What a client is told on its standard input, as JSON. */
export interface Job {
  readonly transfer: Transfer;
  readonly destination: Destination;
  /** What distinguishes how the client is used. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Connects, copies, and ends the connection. */
export type Work = (job: Job) => Promise<void>;

/** What a client says on its standard output, as JSON. */
export interface JobAnswer {
  /** From the first call until its connections were closed. */
  readonly ms: number;
}
