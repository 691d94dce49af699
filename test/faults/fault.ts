/** What a network or a server does on a bad day, to what the server says. In the order of the matrix's columns. */
export const faults = ["reset", "fin", "silence", "garbage", "half", "drip", "delay"] as const;

/**
 * - `reset`: the connection is broken by a reset
 * - `fin`: it is closed in good order, at the wrong time
 * - `silence`: nothing that the server says arrives any more, and nothing is closed
 * - `garbage`: random bytes arrive in the place of what the server says
 * - `half`: a part of the next message arrives, and then the connection is closed
 * - `drip`: one byte a second arrives
 * - `delay`: everything arrives, 10 seconds late
 */
export type Fault = (typeof faults)[number];

/** How late everything is that is delayed. */
export const delayedMs = 10_000;

/** Between two bytes of what drips. */
export const dripEveryMs = 1_000;
