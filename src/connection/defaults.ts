/** Every default number of the connection layer, with its unit and its reason. */

/** From the first SYN to a wire that works, without the time in which a person is asked. OpenSSH waits for TCP alone: over two minutes. */
export const connectTimeoutMs = 30_000;

/** How long an operation waits for a wire that others hold. Longer than most transfers, short enough to notice a forgotten stream. */
export const leaseTimeoutMs = 120_000;

/** Silence of the server in the middle of an operation before it is given up. OpenSSH's servers answer within milliseconds; disks that spin up take 15 s. */
export const silenceTimeoutMs = 60_000;

/** How long an unused wire stays open. Shorter than the 5 minutes after which common firewalls and FTP servers forget a silent connection. */
export const idleTimeoutMs = 60_000;

/** A wire that was silent for this long is asked whether it lives before it is trusted with an operation. */
export const checkAfterIdleMs = 15_000;

/** How long that question may take. */
export const checkTimeoutMs = 10_000;

/** Between two signs of life on a wire that is wanted but silent. Below the 60 s after which some NAT gateways drop a mapping. */
export const keepaliveIntervalMs = 20_000;

/** How long `disconnect` and `close` wait for leases to come back before they destroy the wire. */
export const drainTimeoutMs = 5_000;

/**
 * How long every wire may be held by streams that nobody reads, while an operation waits, before that is called a deadlock. Longer than a
 * reader's pause for work of its own, shorter than a person's patience.
 */
export const deadlockAfterMs = 10_000;

/** How long a stream that nobody has begun to read keeps a wire to itself, where nobody else can use it meanwhile. */
export const unreadTimeoutMs = 120_000;

/** How long a polite goodbye may take before the socket is destroyed. */
export const closeTimeoutMs = 2_000;

/** Wires of one shared connection whose protocol carries one operation at a time. One, as the library's name says. */
export const connections = 1;

/** First pause before a connect is tried again after a drop or a refusal; doubled each time, with full jitter. */
export const backOffBaseMs = 100;

/** The longest such pause. */
export const backOffCapMs = 10_000;

/** Operations that wait for wires of one shared connection. Beyond it something is wrong, and memory matters more. */
export const maxQueuedLeases = 100_000;

/** After a server refused a further wire, how long until one more is tried again. */
export const probeAfterMs = 30_000;
