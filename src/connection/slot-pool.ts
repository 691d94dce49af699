import { TransportError, isTransportError, toTransportError } from "../errors/transport-error.ts";
import { Admission } from "./admission.ts";
import { BackOff } from "./back-off.ts";
import type { Timer } from "./clock.ts";
import type { Connector, WireTraffic } from "./connector.ts";
import type { OpenAttempt } from "./open-attempt.ts";
import { startAttempt } from "./open-attempt.ts";
import type { ConnectionPolicy } from "./policy.ts";
import { Line } from "./line.ts";
import { Waiter, aborted } from "./waiter.ts";
import type { PermitSource } from "./wire-limit.ts";
import type { Lease, LeaseRequest, PoolObserver, PoolStats, WirePool } from "./wire-pool.ts";
import { WireSlot } from "./wire-slot.ts";

/**
 * The pool that shared connections use: at most `connections` wires where each carries one lease, a single one where requests are
 * multiplexed; opened when first needed, closed when idle, replaced when lost.
 */
export class SlotPool<Wire> implements WirePool<Wire> {
  readonly #connector: Connector<Wire>;
  readonly #policy: ConnectionPolicy;
  readonly #observer: PoolObserver<Wire>;
  readonly #permits: PermitSource | undefined;
  readonly #slots = new Set<WireSlot<Wire>>();
  readonly #attempts = new Set<OpenAttempt>();
  readonly #waiters = new Line<Waiter<Wire>>();
  readonly #backOff: BackOff;
  #past: WireTraffic = { bytesSent: 0, bytesReceived: 0 };
  #limit: number;
  #limitedAt = 0;
  #closed: TransportError | undefined;
  #pinned: boolean;
  #patience: Timer | undefined;

  /** `permits`: where wires are counted beyond this pool, who gives leave to open one. */
  constructor(
    connector: Connector<Wire>,
    policy: ConnectionPolicy,
    observer: PoolObserver<Wire>,
    permits?: PermitSource,
  ) {
    this.#connector = connector;
    this.#policy = policy;
    this.#observer = observer;
    this.#permits = permits;
    this.#pinned = policy.pin;
    // A pause leaves time to connect: else a connect could end at its limit without having tried.
    this.#backOff = new BackOff(
      policy.clock,
      policy.backOffBaseMs,
      Math.min(policy.backOffCapMs, policy.connectTimeoutMs / 4),
    );
    this.#limit = this.#wanted;
  }

  /** Wires at most, by what the caller asked for and the protocol needs. */
  get #wanted(): number {
    return this.#connector.leasesPerWire === Infinity ? 1 : Math.max(1, this.#policy.connections);
  }

  tryLease(request: LeaseRequest): Lease<Wire> | undefined {
    if (this.#waiters.size > 0 || this.#closed !== undefined || request.signal?.aborted) return undefined;
    for (const slot of this.#slots) if (slot.free && !slot.isDoubtful()) return slot.lease(request);
    return undefined;
  }

  lease(request: LeaseRequest): Promise<Lease<Wire>> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed.with({ operation: request.operation }));
    if (request.signal?.aborted) return Promise.reject(aborted(request.operation));
    if (this.#waiters.size >= this.#policy.maxQueuedLeases)
      return Promise.reject(queueFull(request.operation, this.#connector.label));
    const waiter = this.#enqueue(request);
    this.#serve();
    return waiter.promise;
  }

  async disconnect(): Promise<void> {
    await this.#dismiss(
      new TransportError("aborted", "disconnect() was called", { url: this.#connector.label, temporary: true }),
    );
  }

  async close(reason: TransportError): Promise<void> {
    this.#closed ??= reason;
    await this.#dismiss(this.#closed);
  }

  pin(): void {
    this.#pinned = true;
  }

  stats(): PoolStats {
    let { bytesSent, bytesReceived } = this.#past;
    let [wires, closing, leases] = [0, 0, 0];
    for (const slot of this.#slots) {
      if (slot.state === "closing") closing++;
      else if (slot.state !== "preparing") wires++;
      leases += slot.leases;
      bytesSent += slot.traffic.bytesSent;
      bytesReceived += slot.traffic.bytesReceived;
    }
    const { size: connecting } = this.#attempts;
    return {
      wires,
      connecting,
      closing,
      leases,
      waiting: this.#waiters.size,
      limit: this.#limit,
      bytesSent,
      bytesReceived,
    };
  }

  #enqueue(request: LeaseRequest): Waiter<Wire> {
    const waiter = new Waiter<Wire>(request, this.#policy.clock.now(), this.#left);
    waiter.ticket = this.#waiters.join(waiter);
    this.#patience ??= this.#watchPatience();
    return waiter;
  }

  readonly #left = (waiter: Waiter<Wire>, error: TransportError): void => {
    this.#dequeue(waiter);
    waiter.reject(error);
    this.#abandon(error.with({}));
  };

  /** To be followed by settling it. */
  #dequeue(waiter: Waiter<Wire>): void {
    this.#waiters.leave(waiter.ticket);
    if (this.#waiters.size > 0) return;
    this.#patience?.cancel();
    this.#patience = undefined;
    // Nobody stands in line for what nobody wants.
    for (const attempt of this.#attempts) if (attempt.inLine) attempt.abandon(notWanted(this.#connector.label));
  }

  /** Hands out what is free, asks what is doubtful, and opens what is still missing. */
  #serve(): void {
    if (this.#waiters.size === 0) return;
    for (const slot of this.#slots) {
      while (this.#waiters.size > 0 && slot.free) {
        if (slot.isDoubtful()) {
          void slot.check().then(() => this.#serve());
          break;
        }
        const { first: waiter } = this.#waiters;
        if (waiter === undefined) return;
        this.#dequeue(waiter);
        waiter.resolve(slot.lease(waiter.request));
      }
    }
    const perWire = this.#connector.leasesPerWire;
    while (this.#waiters.size > places(this.#coming(), perWire) && this.#occupied() < this.#allowed()) this.#open();
  }

  /** Wires that will soon be free without anybody giving one back. */
  #coming(): number {
    let coming = this.#attempts.size;
    for (const slot of this.#slots) if (slot.state === "checking") coming++;
    return coming;
  }

  #occupied(): number {
    let occupied = this.#attempts.size;
    for (const slot of this.#slots) if (slot.state === "ready" || slot.state === "checking") occupied++;
    return occupied;
  }

  /** The limit, one above what the server allowed last once that is long enough ago. */
  #allowed(): number {
    if (this.#limit < this.#wanted && this.#policy.clock.now() - this.#limitedAt > this.#policy.probeAfterMs)
      return this.#limit + 1;
    return this.#limit;
  }

  #open(): void {
    const probing = this.#occupied() >= this.#limit;
    if (probing) this.#limitedAt = this.#policy.clock.now();
    const admission = new Admission(this.#permits);
    const alone = (): boolean => this.#occupied() <= 1;
    const terms = { policy: this.#policy, backOff: this.#backOff, admission, alone };
    const attempt = startAttempt(this.#connector, terms, {
      adopt: (wire) => this.#adopt(wire, admission),
      prepare: (wire, startedAt) => this.#observer.opened(wire, { connectMs: this.#policy.clock.now() - startedAt }),
    });
    this.#attempts.add(attempt);
    attempt.done.then(
      () => {
        this.#attempts.delete(attempt);
        if (probing) this.#setLimit(this.#limit + 1);
        this.#serve();
      },
      (error: unknown) => {
        this.#attempts.delete(attempt);
        this.#attemptFailed(toTransportError(error), attempt);
      },
    );
  }

  #adopt(wire: Wire, admission: Admission): WireSlot<Wire> {
    const isPinned = (): boolean => this.#pinned;
    const slot = new WireSlot(wire, this.#connector, this.#policy, {
      available: () => this.#serve(),
      get pinned() {
        return isPinned();
      },
      get permitted() {
        return admission.isValid;
      },
      gone: (gone, reason) => {
        const { traffic } = gone;
        admission.leave();
        this.#slots.delete(gone);
        const { bytesSent, bytesReceived } = this.#past;
        this.#past = { bytesSent: bytesSent + traffic.bytesSent, bytesReceived: bytesReceived + traffic.bytesReceived };
        this.#observer.gone(wire, { reason, traffic });
        // What cut one cuts the others, which do not all know it yet.
        if (isTransportError(reason, "connection-lost", "timeout")) for (const other of this.#slots) other.suspect();
        this.#serve();
      },
    });
    this.#slots.add(slot);
    admission.hand(slot);
    return slot;
  }

  #attemptFailed(error: TransportError, attempt: OpenAttempt): void {
    // What was given up is no refusal; whoever came since wants another attempt.
    if (attempt.abandoned) return this.#serve();
    this.#observer.failed(error);
    const alive = this.#occupied();
    const lives = alive > this.#attempts.size;
    if (!lives && !(alive > 0 && error.temporary)) return this.#rejectAll(error);
    // A server's limit is a capacity, however it puts it: where a wire lives, who waits goes on waiting for it.
    this.#limitedAt = this.#policy.clock.now();
    this.#setLimit(Math.min(this.#limit, alive));
    this.#serve();
  }

  #setLimit(limit: number): void {
    const next = Math.max(1, Math.min(this.#wanted, limit));
    if (next === this.#limit) return;
    this.#limit = next;
    this.#observer.limited(next);
  }

  #rejectAll(error: TransportError): void {
    for (const waiter of this.#waiters) {
      this.#dequeue(waiter);
      waiter.reject(error.with({ operation: waiter.request.operation }));
    }
  }

  /** Nobody waits any more: what is being opened is given up. */
  #abandon(reason: TransportError): void {
    if (this.#waiters.size === 0) for (const attempt of this.#attempts) attempt.abandon(reason);
  }

  /** Whoever waits keeps the process alive. */
  #watchPatience(): Timer {
    const timer = this.#policy.clock.interval(patienceMs(this.#policy), () => this.#losePatience());
    timer.hold();
    return timer;
  }

  #losePatience(): void {
    // While a wire is being opened the connect clock decides.
    const inLine = [...this.#attempts].filter((attempt) => attempt.inLine);
    if (inLine.length < this.#attempts.size) return;
    const { leaseTimeoutMs, deadlockAfterMs } = this.#policy;
    const holders = this.#undrainedHolders();
    for (const waiter of this.#waiters) {
      const waitedMs = this.#policy.clock.now() - waiter.since;
      if (waitedMs > deadlockAfterMs && holders.length > 0) this.#refuse(waiter, wouldDeadlock(holders));
      else if (waitedMs > leaseTimeoutMs)
        this.#refuse(waiter, inLine.length > 0 ? noPermit(leaseTimeoutMs) : noneFree(leaseTimeoutMs));
    }
  }

  /** What holds the wires, where all of them are held by streams that nobody reads or writes: then waiting is waiting for oneself. */
  #undrainedHolders(): readonly string[] {
    const held = [...this.#slots].map((slot) => slot.undrainedFor(this.#policy.deadlockAfterMs));
    return held.every((operations) => operations.length > 0) ? held.flat() : [];
  }

  #refuse(waiter: Waiter<Wire>, error: TransportError): void {
    this.#dequeue(waiter);
    waiter.reject(error.with({ operation: waiter.request.operation, url: this.#connector.label }));
  }

  async #dismiss(reason: TransportError): Promise<void> {
    this.#rejectAll(reason);
    for (const attempt of this.#attempts) attempt.abandon(reason);
    const attempts = [...this.#attempts].map((attempt) =>
      attempt.done.catch((error: unknown) => isTransportError(error)),
    );
    await Promise.all([...attempts, ...[...this.#slots].map((slot) => slot.retire(reason))]);
    await this.#permits?.settled();
  }
}

/** How many leases fit on wires; no wire has no place, however many one could carry. */
function places(wires: number, leasesPerWire: number): number {
  return wires === 0 ? 0 : wires * leasesPerWire;
}

/** How often who waits is looked at. */
function patienceMs({ leaseTimeoutMs, deadlockAfterMs }: ConnectionPolicy): number {
  return Math.max(10, Math.min(1_000, leaseTimeoutMs / 4, deadlockAfterMs / 4));
}

function noneFree(ms: number): TransportError {
  return new TransportError("timeout", `no connection became free within ${ms} ms`, {
    temporary: true,
    hint: "Read or destroy the streams that hold one, raise connections, or raise leaseTimeoutMs",
  });
}

function noPermit(ms: number): TransportError {
  return new TransportError("timeout", `others had all connections that wireLimit allows for ${ms} ms`, {
    temporary: true,
    hint: "Raise the limit, or leaseTimeoutMs",
  });
}

function notWanted(url: string): TransportError {
  return new TransportError("aborted", "nobody waits for the connection any more", { url, temporary: true });
}

function wouldDeadlock(holders: readonly string[]): TransportError {
  return new TransportError(
    "would-deadlock",
    `every connection is held by a stream that is not being read: ${holders.join(", ")}`,
    { hint: "Read or destroy that stream first, or raise connections" },
  );
}

function queueFull(operation: string, url: string): TransportError {
  return new TransportError("too-many-connections", "too many operations wait for this connection", {
    operation,
    url,
    temporary: true,
  });
}
