/** Every number of the gateway, with its unit and its reason. */

/** How long a gateway waits for its clients. */
export interface Patience {
  /** Until a request's head is complete. A person's browser takes milliseconds; who sends a byte now and then does not want an answer. */
  readonly headTimeoutMs: number;
  /** How often somebody looks for heads that took too long. Node's own 30 s would make three times as much of the limit. */
  readonly headCheckIntervalMs: number;
  /** How long a connection may stand still, in the middle of an answer or of an upload, before it is cut. Browsers that pause a download go on later with a range. */
  readonly stallTimeoutMs: number;
  /** How long a connection is kept for another request. */
  readonly keepAliveTimeoutMs: number;
}

export const patience: Patience = {
  headTimeoutMs: 15_000,
  headCheckIntervalMs: 5_000,
  stallTimeoutMs: 300_000,
  keepAliveTimeoutMs: 10_000,
};

/** How long `close` waits for answers that are under way. */
export const graceMs = 10_000;

/** Of a request's head. Node's own, said here so that no environment changes it. */
export const maxHeadBytes: number = 16 * 1024;

/** Connections at once. Each costs a file descriptor, of which Linux gives a process 1,024 unless told otherwise; beyond it nobody else would be served either. */
export const maxConnections = 4_000;

/** Requests that a client may send on one connection ahead of their answers. Browsers send none ahead. */
export const maxPipelined = 64;

/** Names on one directory page. They are sorted, which takes all of them in memory. */
export const maxEntries = 10_000;

/** Ranges in one request. Clients that read scattered parts ask for some hundred at once. */
export const maxRanges = 256;

/** Ranges of up to so many bytes are read together; a longer one is a stream of its own, so that memory stays bounded. */
export const smallRangeBytes: number = 64 * 1024;

/** Beyond the step of a server's clock: how far in the past a modification time says that the next change has another. Clocks that are kept right differ by less. */
export const settledAfterMs = 5_000;

/** How often a file is opened anew because it was changed between the look and the opening. */
export const maxOpenings = 3;

/** Bytes of a body that nobody wants, which are read so that the client gets the answer to it. More than a client has under way when it is answered. */
export const maxDroppedBytes: number = 8 * 1024 * 1024;
