/** Every default number of the connection layer, with its unit and its reason. */

/** From the first SYN to a wire that works, without the time in which a person is asked. OpenSSH waits for TCP alone: over two minutes. */
export const connectTimeoutMs = 30_000;

/**
 * To find the addresses of a host. A resolver waits five seconds for a name server, asks the next, and then all of them once more (resolv.conf): one that
 * is dead, or slow at first, costs ten.
 */
export const resolveTimeoutMs = 15_000;

/** For each address until it has taken the connection. SYNs are sent after 0, 1, 3, 7 and 15 s: whoever answers none of the first four is not there. */
export const tcpConnectTimeoutMs = 15_000;

/** Until a proxy has connected us, by name and address, with all that it takes to reach it. Twice as long as one connection on our own. */
export const proxyTimeoutMs = 20_000;

/**
 * Until both sides are known to each other: the greeting, TLS, the exchange of keys. Servers that look up whose address it is before they greet wait ten
 * seconds for a resolver that is dead; small devices compute for some seconds.
 */
export const handshakeTimeoutMs = 15_000;

/** To log in, without the time in which a person is asked. Directory services and the delay after each refused key take seconds, not minutes. */
export const authenticateTimeoutMs = 20_000;

/** What is settled once one is logged in: a few questions, which a server answers at once, or a disk that spins up. */
export const sessionSetupTimeoutMs = 15_000;

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

/** First pause between two looks at a lock that somebody else holds; doubled each time, with jitter. Work under a lock takes some round trips at least. */
export const lockPollBaseMs = 50;

/** The longest such pause: a request a second is nothing to a server. */
export const lockPollCapMs = 1_000;

/**
 * How long a look may take at what became of a change whose connection was lost, the new connection included. The caller has waited long enough by
 * then, and is told that it is unknown.
 */
export const lookTimeoutMs = 10_000;

/** How long a permit of a shared limit lasts where it is not renewed: so long the places of a process that died stay taken. Ten renewals fit into it. */
export const permitMs = 10_000;

/** Between two renewals of a permit, at most a tenth of it. The answer also says who waits. One question a second is nothing to Redis. */
export const permitBeatMs = 1_000;

/** How long a place in the line for a permit is kept for who does not ask again, who asks once a second at least. So long one who died holds up the others. */
export const placeMs = 3_000;

/** How long a wire that is in use is kept while others wait who have none. A login costs some round trips, which should be little of it. */
export const turnMs = 5_000;

/** How long a wire has to be unused before it is given up for others: the gap between two operations is shorter. */
export const spareAfterMs = 100;

/** How long Redis may be gone before operations that need a further wire are refused: a restart, or a failover, takes less. */
export const unreachableMs = 10_000;
