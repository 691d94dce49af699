import { createHash } from "node:crypto";

import { TransportError } from "../errors/transport-error.ts";
import type { Logger } from "../log/logger.ts";
import { silentLogger } from "../log/logger.ts";
import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import * as defaults from "./defaults.ts";
import { LocalPermits } from "./local-permits.ts";
import type { PermitStore } from "./permit-store.ts";
import type { PermitTerms } from "./pool-permits.ts";
import { PoolPermits } from "./pool-permits.ts";
import type { PermitSource, WireLimit } from "./wire-limit.ts";

/** What is counted, and how it is shared. */
export interface LocalWireLimitOptions {
  /** Wires at most, of all connections that are counted together. */
  readonly limit: number;
  /**
   * What is counted together. Default: each endpoint by itself, which is scheme, user, host and port. With a name all connections that were given a limit with
   * it count together: those of several users of one server, or of several names of one machine.
   */
  readonly name?: string;
  /** How long a wire that is in use is kept while others wait who have none, in milliseconds. Default 5,000. */
  readonly turnMs?: number;
  /** Told of what is lost. Silent by default. */
  readonly logger?: Logger;
  /** What its times are measured by, for tests. Default: the machine's own clock. */
  readonly clock?: Clock;
}

/** How long permits last, where those who have them may die, or whoever keeps count may be gone. */
export interface PermitTimes {
  /** How long a permit lasts where it is not renewed, in milliseconds. Default 10,000. */
  readonly permitMs?: number;
  /** For how long nobody may answer before operations that need a further wire are refused, in milliseconds. Default 10,000. */
  readonly unreachableMs?: number;
}

/** A limit in whatever store. All pools that get their permits here are equal, whichever process they are in. */
export class RationedLimit implements WireLimit {
  readonly #terms: PermitTerms;
  readonly #name: string | undefined;
  readonly #busy = new Set<PoolPermits>();

  /** Without `times` permits last for as long as whoever has them. */
  constructor(
    store: PermitStore,
    { limit, name, turnMs = defaults.turnMs, logger = silentLogger, clock = systemClock }: LocalWireLimitOptions,
    times?: PermitTimes,
  ) {
    const { permitMs = defaults.permitMs, unreachableMs = defaults.unreachableMs } = times ?? {};
    wholeNumber("permitMs", permitMs, shortestPermitMs);
    this.#name = name;
    this.#terms = {
      store,
      limit: wholeNumber("limit", limit, 1),
      permitMs: times === undefined ? Infinity : permitMs,
      turnMs: wholeNumber("turnMs", turnMs, 0),
      unreachableMs: wholeNumber("unreachableMs", unreachableMs, 0),
      beatMs: Math.min(defaults.permitBeatMs, permitMs / 10),
      placeMs: defaults.placeMs,
      clock,
      logger,
      busy: (pool, isBusy) => {
        if (isBusy) this.#busy.add(pool);
        else if (this.#busy.delete(pool) && this.#busy.size === 0) store.rest?.();
      },
    };
  }

  permitsFor(endpoint: string): PermitSource {
    const what = this.#name === undefined ? `endpoint ${endpoint}` : `name ${this.#name}`;
    // Keys are short, and say nothing plainly of who connects where.
    return new PoolPermits(createHash("sha256").update(what).digest("base64url").slice(0, 22), this.#terms);
  }
}

/**
 * A limit of wires for all connections of this process that are given it as `wireLimit`, however many users, scopes and lists they belong to. They wait for each
 * other first come first served; a wire that nobody uses is closed when somebody waits, and one that is used in turn.
 *
 * @throws TransportError `range-not-satisfiable` for what is no such number
 */
export function localWireLimit(options: LocalWireLimitOptions): WireLimit {
  return new RationedLimit(new LocalPermits(options.clock ?? systemClock), options);
}

/** With less than that a busy process would lose what it has. */
const shortestPermitMs = 500;

function wholeNumber(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new TransportError("range-not-satisfiable", `${name} must be a whole number from ${least}, not ${value}`);
}
