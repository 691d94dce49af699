import { TransportError } from "../errors/transport-error.ts";
import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import * as numbers from "./defaults.ts";
import type { WireLimit } from "./wire-limit.ts";

/** The limits of a shared connection, in milliseconds unless said otherwise. */
export interface ConnectionLimits {
  /** From nothing to a wire that works, without the time in which a person is asked. */
  readonly connectTimeoutMs: number;
  /** To find the addresses of a host. */
  readonly resolveTimeoutMs: number;
  /** For each address until it has taken the connection. */
  readonly tcpConnectTimeoutMs: number;
  /** Until a proxy has connected us. */
  readonly proxyTimeoutMs: number;
  /** Until both sides are known to each other. */
  readonly handshakeTimeoutMs: number;
  /** To log in. */
  readonly authenticateTimeoutMs: number;
  /** Between logging in and the first operation. */
  readonly sessionSetupTimeoutMs: number;
  /** How long an operation waits for a wire that others hold. */
  readonly leaseTimeoutMs: number;
  /** Silence in the middle of an operation before it is given up. */
  readonly silenceTimeoutMs: number;
  /** How long an unused wire stays open. */
  readonly idleTimeoutMs: number;
  /** Silence after which a wire is asked whether it lives before it is trusted again. */
  readonly checkAfterIdleMs: number;
  /** How long that question may take. */
  readonly checkTimeoutMs: number;
  /** 0: no sign of life is sent. */
  readonly keepaliveIntervalMs: number;
  /** How long `disconnect` and `close` wait for leases to come back. */
  readonly drainTimeoutMs: number;
  /** How long idle streams may hold every wire while an operation waits. */
  readonly deadlockAfterMs: number;
  /** How long a stream that nobody has begun to read keeps a wire to itself. */
  readonly unreadTimeoutMs: number;
  /** How long a polite goodbye may take. */
  readonly closeTimeoutMs: number;
  /** Wires at most; more than one only where a wire carries one operation at a time. */
  readonly connections: number;
  /** Operations that may wait for a wire. */
  readonly maxQueuedLeases: number;
  /** The first pause before a connect is tried again; doubled each time. */
  readonly backOffBaseMs: number;
  /** The longest such pause. */
  readonly backOffCapMs: number;
  /** After a server refused a further wire, how long until one more is tried. */
  readonly probeAfterMs: number;
}

/** How a shared connection behaves. */
export interface ConnectionPolicy extends ConnectionLimits {
  /** Whether its wires are never closed for idleness. */
  readonly pin: boolean;
  /** What all of its limits are measured by. */
  readonly clock: Clock;
  /** Who counts its wires together with those of others, where somebody does. */
  readonly wireLimit?: WireLimit | null | undefined;
}

/** What a caller says of a connection's behaviour; what is absent is the default. */
export type PolicyOptions = { readonly [Name in keyof ConnectionPolicy]?: ConnectionPolicy[Name] | undefined };

/**
 * The policy that follows from what was given, then from what was configured, the rest being the defaults. Whoever says how long a connect may take has
 * said it of each of its phases, too, where nothing else is said of them.
 *
 * @throws TransportError `range-not-satisfiable` for what is no such number
 */
export function connectionPolicy(given: PolicyOptions = {}, configured: PolicyOptions = {}): ConnectionPolicy {
  const total = given.connectTimeoutMs ?? configured.connectTimeoutMs;
  const unsaid = total === undefined ? defaults : { ...defaults, ...phasesWithin(checked("connectTimeoutMs", total)) };
  const limits: Partial<Record<keyof ConnectionLimits, number>> = {};
  for (const name of limitNames) limits[name] = checked(name, given[name] ?? configured[name] ?? unsaid[name]);
  const { clock = systemClock, pin = false, wireLimit } = given;
  return { ...(limits as ConnectionLimits), clock, pin, wireLimit };
}

/** A limit that is not a number would be none, or be over at once. */
function checked(name: keyof ConnectionLimits, value: number): number {
  const least = name === "connections" ? 1 : 0;
  if (typeof value === "number" && value >= least) return value;
  throw new TransportError("range-not-satisfiable", `${name} must be a number from ${least}, not ${String(value)}`);
}

function phasesWithin(ms: number): Partial<ConnectionLimits> {
  return {
    resolveTimeoutMs: ms,
    tcpConnectTimeoutMs: ms,
    proxyTimeoutMs: ms,
    handshakeTimeoutMs: ms,
    authenticateTimeoutMs: ms,
    sessionSetupTimeoutMs: ms,
  };
}

const defaults: Readonly<Record<keyof ConnectionLimits, number>> = { ...numbers };
const limitNames = Object.keys(defaults) as (keyof ConnectionLimits)[];
