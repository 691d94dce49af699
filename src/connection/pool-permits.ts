import { randomBytes } from "node:crypto";

import type { TransportError } from "../errors/transport-error.ts";
import { isTransportError, toTransportError } from "../errors/transport-error.ts";
import type { Logger } from "../log/logger.ts";
import { whenAborted } from "./abort.ts";
import type { Clock, Timer } from "./clock.ts";
import { Line } from "./line.ts";
import { pause } from "./pause.ts";
import type { PermitStore, RenewAnswer } from "./permit-store.ts";
import { answerWithin } from "./store-answer.ts";
import type { Permit, PermitHolder, PermitSource } from "./wire-limit.ts";

/** What a limit says to all of its pools. */
export interface PermitTerms {
  readonly store: PermitStore;
  readonly limit: number;
  readonly permitMs: number;
  /** Between two renewals. */
  readonly beatMs: number;
  readonly placeMs: number;
  readonly turnMs: number;
  /** For how long nobody may answer before those who wait for a permit are refused. */
  readonly unreachableMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Says whether this pool has permits, or waits for one. */
  readonly busy: (pool: PoolPermits, isBusy: boolean) => void;
}

/** The permits of one pool: it stands in line for the next, renews those that it has, and hands on what others wait for. */
export class PoolPermits implements PermitSource {
  readonly #key: string;
  readonly #terms: PermitTerms;
  readonly #holder: string = randomBytes(9).toString("base64url");
  readonly #waiters = new Line<PermitWaiter>();
  readonly #held = new Set<HeldPermit>();
  readonly #releases = new Set<Promise<void>>();
  #lastId = 0;
  #standing = false;
  #wake = new AbortController();
  #beat: Timer | undefined;
  #renewing = false;

  constructor(key: string, terms: PermitTerms) {
    this.#key = key;
    this.#terms = terms;
  }

  acquire(holder: PermitHolder, signal: AbortSignal): Promise<Permit> {
    return new Promise((resolve, reject) => {
      const waiter: PermitWaiter = { holder, resolve, reject, ticket: 0, stopListening: () => undefined };
      waiter.ticket = this.#waiters.join(waiter);
      waiter.stopListening = whenAborted(signal, () => {
        this.#dequeue(waiter);
        reject(signal.reason as TransportError);
      });
      if (!this.#standing) void this.#standInLine();
    });
  }

  async settled(): Promise<void> {
    await Promise.all(this.#releases);
  }

  /** Never rejects. Whoever waits here is served first come first served; the place in the line is that of the pool. */
  async #standInLine(): Promise<void> {
    const { clock, store, unreachableMs, permitMs, placeMs, limit } = this.#terms;
    this.#standing = true;
    this.#sayWhetherBusy();
    let id = this.#newId();
    let arrival = 0;
    let isAsked = false;
    let answeredAt = clock.now();
    while (this.#waiters.size > 0) {
      const askedAt = clock.now();
      isAsked = true;
      try {
        const answer = await this.#ask(store.take(this.#key, { id, limit, permitMs, placeMs, arrival }), true);
        answeredAt = clock.now();
        if (answer.granted) {
          this.#grant(id, askedAt);
          id = this.#newId();
          [arrival, isAsked] = [0, false];
        } else {
          ({ arrival } = answer);
          await this.#rest(pollMs(answer.ahead));
        }
      } catch (error) {
        const failure = toTransportError(error);
        const isOver = clock.now() - answeredAt >= unreachableMs;
        if (isOver || !failure.temporary) this.#refuseAll(failure);
        else await this.#rest(longestPollMs);
      }
    }
    this.#standing = false;
    if (isAsked) this.#giveBack(id, 0);
    else this.#sayWhetherBusy();
  }

  /** Waits until it is time to ask again, or nobody waits any more. */
  #rest(ms: number): Promise<void> {
    this.#wake = new AbortController();
    return pause(this.#terms.clock, ms, this.#wake.signal);
  }

  #grant(id: string, askedAt: number): void {
    const { first: waiter } = this.#waiters;
    if (waiter === undefined) return this.#giveBack(id, 0);
    this.#dequeue(waiter);
    const { clock, beatMs } = this.#terms;
    const permit: HeldPermit = new HeldPermit(id, waiter.holder, askedAt, this.#terms, (refusedForMs) => {
      this.#held.delete(permit);
      this.#giveBack(id, refusedForMs);
    });
    this.#held.add(permit);
    this.#beat ??= clock.interval(beatMs, () => this.#tick());
    waiter.resolve(permit);
  }

  #dequeue(waiter: PermitWaiter): void {
    waiter.stopListening();
    this.#waiters.leave(waiter.ticket);
    if (this.#waiters.size === 0) this.#wake.abort();
  }

  #refuseAll(error: TransportError): void {
    for (const waiter of this.#waiters) {
      this.#dequeue(waiter);
      waiter.reject(error);
    }
  }

  #giveBack(id: string, refusedForMs: number): void {
    if (this.#held.size === 0) {
      this.#beat?.cancel();
      this.#beat = undefined;
    }
    const { store, logger } = this.#terms;
    const release = this.#ask(store.release(this.#key, { ids: [id], refusedForMs }), true)
      .catch((error: unknown) => {
        // It runs out by itself.
        logger.debug({ permits: store.label, error: toTransportError(error).message }, "could not give a permit back");
      })
      .finally(() => {
        this.#releases.delete(release);
        this.#sayWhetherBusy();
      });
    this.#releases.add(release);
  }

  #sayWhetherBusy(): void {
    this.#terms.busy(this, this.#standing || this.#held.size > 0 || this.#releases.size > 0);
  }

  /** Each beat: what cannot be renewed any more before it ends is given up, and the rest is renewed. */
  #tick(): void {
    for (const permit of this.#held) if (!permit.valid) this.#lose(permit);
    if (!this.#renewing) void this.#renew();
  }

  #lose(permit: HeldPermit): void {
    if (permit.tellLost()) this.#terms.logger.warn({ permits: this.#terms.store.label }, "lost the permit of a wire");
    permit.holder.giveUp("lost");
  }

  async #renew(): Promise<void> {
    const { store, clock, limit, permitMs, logger } = this.#terms;
    this.#renewing = true;
    const permits = [...this.#held];
    const askedAt = clock.now();
    const ids = permits.map(({ id }) => id);
    try {
      const request = { holder: this.#holder, limit, permitMs, ids };
      const answer = await this.#ask(store.renew(this.#key, request), false);
      for (const [index, permit] of permits.entries()) {
        if (answer.held[index] === true) permit.renewedAt = askedAt;
        else permit.end();
        if (this.#held.has(permit) && !permit.valid) this.#lose(permit);
      }
      this.#handOn(answer);
    } catch (error) {
      logger.debug({ permits: store.label, error: toTransportError(error).message }, "could not renew permits");
    } finally {
      this.#renewing = false;
    }
  }

  /** For those who wait: first what nobody uses, then what there is too much of, then what has had its turn. */
  #handOn({ own, waiting, fewest, older }: RenewAnswer): void {
    let wanted = waiting;
    for (const { holder } of this.#held) {
      if (wanted <= 0) return;
      if (holder.giveUp("idle")) wanted--;
    }
    if (wanted <= 0) return;
    const { clock, turnMs } = this.#terms;
    const [oldest] = this.#held;
    if (oldest === undefined) return;
    // Who has none waits until those who have one have had their turn; of these the ones who have had it for longest go.
    const isOver = fewest === 0 && older < waiting && clock.now() - oldest.since >= turnMs;
    if (own - fewest >= 2 || isOver) oldest.holder.giveUp("turn");
  }

  /** Whatever was asked is answered in time, or the store is reached in another way from then on. `held`: it keeps the process alive. */
  async #ask<T>(answer: Promise<T>, held: boolean): Promise<T> {
    const { clock, permitMs, store } = this.#terms;
    try {
      return await answerWithin(clock, permitMs / 3, answer, { label: store.label, held });
    } catch (error) {
      if (isTransportError(error, "timeout")) store.reset?.();
      throw error;
    }
  }

  #newId(): string {
    return `${this.#holder}.${++this.#lastId}`;
  }
}

interface PermitWaiter {
  readonly holder: PermitHolder;
  readonly resolve: (permit: Permit) => void;
  readonly reject: (error: TransportError) => void;
  ticket: number;
  stopListening: () => void;
}

class HeldPermit implements Permit {
  readonly id: string;
  readonly holder: PermitHolder;
  readonly since: number;
  /** When the question was sent that was last answered with yes. */
  renewedAt: number;
  readonly #terms: PermitTerms;
  #giveBack: ((refusedForMs: number) => void) | undefined;
  #isToldLost = false;

  constructor(
    id: string,
    holder: PermitHolder,
    askedAt: number,
    terms: PermitTerms,
    giveBack: (refusedForMs: number) => void,
  ) {
    this.id = id;
    this.holder = holder;
    this.#terms = terms;
    this.#giveBack = giveBack;
    this.renewedAt = askedAt;
    this.since = terms.clock.now();
  }

  /** One beat before it ends: then there is time to close what is not in use. */
  get valid(): boolean {
    const { clock, permitMs, beatMs } = this.#terms;
    return clock.now() - this.renewedAt < permitMs - beatMs;
  }

  release(refusedForMs: number = 0): void {
    this.#giveBack?.(refusedForMs);
    this.#giveBack = undefined;
  }

  /** Whoever keeps count says that it is no more. */
  end(): void {
    this.renewedAt = -Infinity;
  }

  /** True the first time. */
  tellLost(): boolean {
    const isFirst = !this.#isToldLost;
    this.#isToldLost = true;
    return isFirst;
  }
}

/** Who comes next asks often, who comes late seldom. */
function pollMs(ahead: number): number {
  return Math.min(longestPollMs, 50 * (ahead + 1));
}

/** Also between two attempts to reach whoever keeps count. */
const longestPollMs = 1_000;
