import type { Destination } from "../../peers/transfer.ts";

/** What a client is told on its standard input, as JSON: to connect and to ask for one file, once. */
export interface StatJob {
  readonly destination: Destination;
  /** Relative to the destination. */
  readonly path: string;
}

/** What a client says on its standard output, as JSON. */
export interface StatAnswer {
  /** From the first call until the answer is there. */
  readonly ms: number;
}

/** Connects and asks; resolves with how to end the connection. */
export type Ask = (job: StatJob) => Promise<() => Promise<void>>;
