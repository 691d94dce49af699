import { TransportError, toTransportError } from "../errors/transport-error.ts";
import type { Clock, Timer } from "./clock.ts";
import type { Connector, WireTraffic } from "./connector.ts";
import { Deadline } from "./deadline.ts";
import { spareAfterMs } from "./defaults.ts";
import { deferred } from "./deferred.ts";
import type { ConnectionPolicy } from "./policy.ts";
import { Line } from "./line.ts";
import { SleepWatch } from "./sleep-watch.ts";
import { WireLease } from "./wire-lease.ts";
import type { Demand, PermitHolder } from "./wire-limit.ts";
import type { Lease, LeaseRequest } from "./wire-pool.ts";

/** What a slot tells its pool. */
export interface SlotOwner<Wire> {
  /** A lease came back, so that the wire may serve somebody else. */
  available(slot: WireSlot<Wire>): void;
  /** The wire is gone; the slot is of no further use. */
  gone(slot: WireSlot<Wire>, reason: TransportError | undefined): void;
  /** Whether wires stay open however long nobody needs them. */
  readonly pinned: boolean;
  /** Whether whoever counts wires still allows this one. */
  readonly permitted: boolean;
}

type SlotState = "preparing" | "ready" | "checking" | "closing" | "dropping" | "gone";

/** One open wire, first prepared, then lent: who has it, when it was last heard of, when it must be asked, and when it is closed. */
export class WireSlot<Wire> implements PermitHolder {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly #connector: Connector<Wire>;
  readonly #policy: ConnectionPolicy;
  readonly #owner: SlotOwner<Wire>;
  readonly #leases = new Line<WireLease<Wire>>();
  #state: SlotState = "preparing";
  #awaited = 0;
  #held = false;
  #idleSince: number;
  #heardAt: number;
  #heardBytes = 0;
  readonly #sleep: SleepWatch;
  #suspect = false;
  /** Since when it is to be closed as soon as it is not in use. */
  #leavingSince: number | undefined;
  #asking: Promise<boolean> | undefined;
  #retiring: Promise<void> | undefined;
  #reason: TransportError | undefined;
  #timer: Timer;
  #drained: (() => void) | undefined;

  constructor(wire: Wire, connector: Connector<Wire>, policy: ConnectionPolicy, owner: SlotOwner<Wire>) {
    this.wire = wire;
    this.clock = policy.clock;
    this.#idleSince = this.#heardAt = this.clock.now();
    this.#sleep = new SleepWatch(this.clock, tickMs(policy));
    this.#connector = connector;
    this.#policy = policy;
    this.#owner = owner;
    connector.hold(wire, false);
    this.#timer = this.clock.interval(tickMs(policy), () => this.#tick());
  }

  get state(): SlotState {
    return this.#state;
  }

  get leases(): number {
    return this.#leases.size;
  }

  get traffic(): WireTraffic {
    return this.#connector.traffic(this.wire);
  }

  get free(): boolean {
    const hasPlace = this.#state === "ready" && this.#leases.size < this.#connector.leasesPerWire;
    return hasPlace && this.#leavingSince === undefined && this.#owner.permitted;
  }

  /** Whether the wire has been unused for so long, or the machine asleep, that it must be asked before it is trusted. */
  isDoubtful(): boolean {
    if (this.#leases.size > 0) return false;
    const now = this.clock.now();
    this.#noticeSleep(now);
    return (
      this.#suspect ||
      (now - this.#idleSince > this.#policy.checkAfterIdleMs && now - this.#listen(now) > this.#policy.checkAfterIdleMs)
    );
  }

  /** What was to be done first is done: from now on it may be lent. Throws what the wire was lost for meanwhile. */
  admit(): void {
    if (this.#reason !== undefined) throw this.#reason;
    if (this.#state === "preparing") this.#state = "ready";
  }

  lease(request: LeaseRequest): Lease<Wire> {
    const now = this.clock.now();
    this.#listen(now);
    const lease = new WireLease(this, request, now);
    lease.ticket = this.#leases.join(lease);
    this.await(1);
    return lease;
  }

  /** Counts the operations that await an answer; while there are any, the wire keeps the process alive. */
  await(change: 1 | -1): void {
    this.#awaited += change;
    const held = this.#awaited > 0;
    if (held === this.#held || this.#state === "gone") return;
    this.#held = held;
    this.#connector.hold(this.wire, held);
  }

  giveBack(lease: WireLease<Wire>): void {
    if (!this.#leases.leave(lease.ticket)) return;
    if (this.#leases.size === 0) {
      this.#idleSince = this.clock.now();
      this.#listen(this.#idleSince);
      this.#drained?.();
    }
    this.#offer();
  }

  /** For others who wait: see `Demand`. Whoever pinned it needs it more. */
  giveUp(demand: Demand): boolean {
    if (this.#state === "preparing") return false;
    const isLeaving = this.#state !== "ready" && this.#state !== "checking";
    if (isLeaving) return true;
    if (demand !== "lost" && this.#owner.pinned) return false;
    if (this.#leavingSince === undefined) {
      const now = this.clock.now();
      const isSpare = this.free && this.#leases.size === 0 && now - this.#idleSince >= spareAfterMs;
      if (demand === "idle" && !isSpare) return false;
      this.#leavingSince = now;
    }
    this.#offer();
    return true;
  }

  /** There may be something for others: a place on the wire, or, once it is to go and not in use, its end. */
  #offer(): void {
    if (this.#state !== "ready") return;
    if (this.#leavingSince === undefined) this.#owner.available(this);
    else if (this.#leases.size === 0) void this.retire(givenUp(this.#connector.label));
  }

  /** The operations that hold the wire and have awaited nothing for `ms`; empty where one still works, or the wire is free. */
  undrainedFor(ms: number): readonly string[] {
    const now = this.clock.now();
    const leases = [...this.#leases];
    return leases.every((lease) => lease.pausedMs(now) > ms) ? leases.map(({ operation }) => operation) : [];
  }

  /** Asks the wire whether it lives; true if so, else it is dropped. */
  async check(): Promise<boolean> {
    this.#state = "checking";
    this.await(1);
    const alive = await this.#ask();
    this.await(-1);
    // It may have been retired meanwhile, and is then nobody's any more.
    if (!alive || !this.#isBeingChecked()) return false;
    this.#state = "ready";
    if (this.#leavingSince !== undefined) this.#offer();
    return true;
  }

  /** Another wire to the same place was lost: this one is asked before it is trusted again. */
  suspect(): void {
    this.#suspect = true;
  }

  /** Takes no further leases, waits for those that are out up to the drain limit, and closes. Settles once the wire is gone. */
  async retire(reason: TransportError): Promise<void> {
    if (this.#state !== "gone") await (this.#retiring ??= this.#retire(reason));
  }

  async #retire(reason: TransportError): Promise<void> {
    this.#state = "closing";
    // Whoever waits for the end of it waits: a process does not end in the middle of a goodbye. Both waits below are bounded.
    this.await(1);
    if (this.#leases.size > 0) await this.#drain();
    if (this.#leases.size > 0) return this.drop(reason);
    const late = deferred<false>();
    const limit = new Deadline(this.clock, this.#policy.closeTimeoutMs, () => late.resolve(false));
    const polite = await Promise.race([this.#sayGoodbye(), late.promise]);
    limit.cancel();
    if (!polite) this.drop(reason);
    else this.#leave(undefined);
  }

  async #sayGoodbye(): Promise<boolean> {
    try {
      // A wire that carries one operation at a time takes no goodbye beside a question: which answer comes next, nobody would know.
      if (this.#connector.leasesPerWire === 1) await this.#asking;
      if (this.#state !== "gone") await this.#connector.close(this.wire);
      return true;
    } catch {
      return false; // A goodbye that fails is a drop: the wire is gone either way.
    }
  }

  /** Destroys the wire at once: what is pending on it rejects with `reason`. */
  drop(reason: TransportError): void {
    if (this.#state === "gone" || this.#state === "dropping") return;
    // What is given back meanwhile is lent to nobody.
    this.#state = "dropping";
    this.#connector.destroy(this.wire, reason);
    this.#leave(reason);
  }

  /** The wire died by itself. */
  lost(reason: TransportError): void {
    this.#leave(this.#state === "closing" && this.#leases.size === 0 ? undefined : reason);
  }

  /** The other side closed the wire in good order. */
  ended(): void {
    this.#leave(undefined);
  }

  #isBeingChecked(): boolean {
    return this.#state === "checking";
  }

  #leave(reason: TransportError | undefined): void {
    // A connector may say that a wire was lost while it destroys it.
    if (this.#state === "gone") return;
    this.#state = "gone";
    this.#reason = reason;
    this.#timer.cancel();
    this.#leases.clear();
    this.#drained?.();
    this.#owner.gone(this, reason);
  }

  #drain(): Promise<void> {
    const drained = deferred<void>();
    const limit = new Deadline(this.clock, this.#policy.drainTimeoutMs, drained.resolve);
    this.#drained = () => {
      limit.cancel();
      drained.resolve();
    };
    return drained.promise;
  }

  /** When the server was last heard of. */
  #listen(now: number): number {
    const { bytesReceived } = this.traffic;
    if (bytesReceived !== this.#heardBytes) {
      this.#heardBytes = bytesReceived;
      this.#heardAt = now;
    }
    return this.#heardAt;
  }

  #tick(): void {
    const now = this.clock.now();
    this.#noticeSleep(now);
    if (this.#state !== "ready") return;
    const heardAt = this.#listen(now);
    const { silenceTimeoutMs, idleTimeoutMs, keepaliveIntervalMs, drainTimeoutMs } = this.#policy;
    // Where one of many operations takes long, the others do not wait for its end: somebody else's turn comes later.
    if (this.#leavingSince !== undefined && this.#owner.permitted && now - this.#leavingSince > drainTimeoutMs) {
      this.#leavingSince = undefined;
      this.#offer();
    }
    for (const lease of this.#leases) {
      const silentMs = lease.silentMs(now);
      if (silentMs <= silenceTimeoutMs) continue;
      const silence = silenceError(silenceTimeoutMs);
      // Where the server answered others meanwhile the wire lives, and only this operation is given up.
      const alive = heardAt > lease.heardAt && this.#connector.leasesPerWire > 1;
      // What all others on the wire are told does not name the one that noticed.
      if (!alive) return this.drop(silence);
      lease.expire(silence.with({ operation: lease.operation }));
      // What was heard may have been no answer to anybody.
      void this.#askAside();
    }
    if (this.#leases.size === 0 && now - this.#idleSince > idleTimeoutMs && !this.#owner.pinned)
      void this.retire(idleEnd(this.#connector.label));
    else if (keepaliveIntervalMs > 0 && now - heardAt > keepaliveIntervalMs && this.#hasRoom && this.#isKeptAlive)
      void this.#keepAlive();
  }

  /** A wire that carries one lease carries none while it is asked. */
  async #keepAlive(): Promise<void> {
    const isExclusive = this.#connector.leasesPerWire === 1;
    if (isExclusive) this.#state = "checking";
    if (!(await this.#ask()) || !this.#isBeingChecked()) return;
    this.#state = "ready";
    this.#offer();
  }

  /** Whether something may be asked on it beside those who have it. */
  get #hasRoom(): boolean {
    return this.#connector.leasesPerWire > this.#leases.size;
  }

  get #isKeptAlive(): boolean {
    return this.#connector.keptAlive?.(this.wire) !== false;
  }

  /**
   * After the machine slept the other side may be gone, which nobody was there to hear: an idle wire is asked before it is trusted, and one that carries
   * operations is asked at once where that can be done. For those the server's silence is counted from now.
   */
  #noticeSleep(now: number): void {
    if (this.#sleep.sleptMs(now) <= this.#policy.checkAfterIdleMs) return;
    this.#suspect = true;
    if (this.#leases.size === 0 || this.#state !== "ready") return;
    for (const lease of this.#leases) lease.heardAt = now;
    if (this.#hasRoom) void this.#askAside();
  }

  /** Asks whether the wire lives. The answer to that is none to an operation: who is silent to all of those is not heard by it. */
  async #askAside(): Promise<void> {
    const heardAt = this.#heardAt;
    if (!(await this.#ask())) return;
    this.#heardAt = heardAt;
    this.#heardBytes = this.traffic.bytesReceived;
  }

  /** True once the server answered. Whoever asks while it is being asked waits for the same answer. */
  #ask(): Promise<boolean> {
    return (this.#asking ??= this.#askOnce().finally(() => (this.#asking = undefined)));
  }

  async #askOnce(): Promise<boolean> {
    const limit = new AbortController();
    const late = deferred<never>();
    const deadline = new Deadline(this.clock, this.#policy.checkTimeoutMs, () => {
      limit.abort();
      late.reject(
        new TransportError("connection-lost", "the server no longer answers", {
          url: this.#connector.label,
          temporary: true,
        }),
      );
    });
    try {
      await Promise.race([this.#connector.check(this.wire, limit.signal), late.promise]);
      this.#heardAt = this.clock.now();
      this.#suspect = false;
      return true;
    } catch (error) {
      this.drop(toTransportError(error));
      return false;
    } finally {
      deadline.cancel();
    }
  }
}

function silenceError(ms: number): TransportError {
  return new TransportError("timeout", `the server said nothing for ${ms} ms`, {
    temporary: true,
    hint: "Raise silenceTimeoutMs if the server is known to be slow",
  });
}

function idleEnd(url: string): TransportError {
  return new TransportError("connection-lost", "the idle connection was closed", { url, temporary: true });
}

function givenUp(url: string): TransportError {
  return new TransportError("connection-lost", "the connection was given up for others", { url, temporary: true });
}

/** Often enough for the shortest limit, and no more than needed. */
function tickMs({ silenceTimeoutMs, idleTimeoutMs, keepaliveIntervalMs }: ConnectionPolicy): number {
  const shortest = Math.min(silenceTimeoutMs, idleTimeoutMs, keepaliveIntervalMs || Infinity);
  return Math.min(5_000, Math.max(10, shortest / 4));
}
