import { TransportError } from "../errors/transport-error.ts";
import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import * as numbers from "./defaults.ts";

/** The limits of a shared connection, in milliseconds unless said otherwise. */
export interface ConnectionLimits {
  readonly connectTimeoutMs: number;
  readonly resolveTimeoutMs: number;
  readonly tcpConnectTimeoutMs: number;
  readonly proxyTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly authenticateTimeoutMs: number;
  readonly sessionSetupTimeoutMs: number;
  readonly leaseTimeoutMs: number;
  readonly silenceTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly checkAfterIdleMs: number;
  readonly checkTimeoutMs: number;
  /** 0: no sign of life is sent. */
  readonly keepaliveIntervalMs: number;
  readonly drainTimeoutMs: number;
  readonly deadlockAfterMs: number;
  readonly unreadTimeoutMs: number;
  readonly closeTimeoutMs: number;
  /** Wires at most; more than one only where a wire carries one operation at a time. */
  readonly connections: number;
  readonly maxQueuedLeases: number;
  readonly backOffBaseMs: number;
  readonly backOffCapMs: number;
  readonly probeAfterMs: number;
}

/** How a shared connection behaves. */
export interface ConnectionPolicy extends ConnectionLimits {
  /** Whether its wires are never closed for idleness. */
  readonly pin: boolean;
  /** What all of its limits are measured by. */
  readonly clock: Clock;
}

export type PolicyOptions = { readonly [Name in keyof ConnectionPolicy]?: ConnectionPolicy[Name] | undefined };

/**
 * The policy that follows from what was given, then from what was configured, the rest being the defaults. Whoever says how long a connect may take has
 * said it of each of its phases, too, where nothing else is said of them.
 *
 * @throws TransportError `range-not-satisfiable` for what is no such number
 */
export function connectionPolicy(given: PolicyOptions = {}, configured: PolicyOptions = {}): ConnectionPolicy {
  const total = given.connectTimeoutMs ?? configured.connectTimeoutMs;
  const unsaid = total === undefined ? defaults : { ...defaults, ...phasesWithin(total) };
  const limits: Partial<Record<keyof ConnectionLimits, number>> = {};
  for (const name of limitNames) limits[name] = checked(name, given[name] ?? configured[name] ?? unsaid[name]);
  const { clock = systemClock, pin = false } = given;
  return { ...(limits as ConnectionLimits), clock, pin };
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
