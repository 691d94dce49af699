import { TransportError, isTransportError, toTransportError } from "../errors/transport-error.ts";
import type { Logger } from "../log/logger.ts";
import { silentLogger } from "../log/logger.ts";
import { CallSite } from "./call-site.ts";
import { enterCensus, leaveCensus } from "./census.ts";
import type { ConnectionKey } from "./connection-key.ts";
import type { ConnectionReport, ConnectionState } from "./connection-report.ts";
import type { Connector } from "./connector.ts";
import { publish } from "./events.ts";
import type { ConnectionPolicy } from "./policy.ts";
import { connectionPolicy } from "./policy.ts";
import { SlotPool } from "./slot-pool.ts";
import type { PermitSource } from "./wire-limit.ts";
import type { Lease, LeaseRequest, PoolObserver, WirePool } from "./wire-pool.ts";
import type { WireWork } from "./wire-use.ts";
import { WireUse, uncertain } from "./wire-use.ts";

/**
 * Makes the pool of a shared connection; the default makes a `SlotPool`. Where there are `permits`, wires are counted beyond the pool, which opens none
 * without one.
 */
export type PoolFactory = <Wire>(
  connector: Connector<Wire>,
  policy: ConnectionPolicy,
  observer: PoolObserver<Wire>,
  permits?: PermitSource,
) => WirePool<Wire>;

/** What a shared connection is made of. */
export interface SharedConnectionOptions<Wire> {
  /** What others must have in common with it. */
  readonly key: ConnectionKey;
  /** How its wires are opened. */
  readonly connector: Connector<Wire>;
  /** Default: `connectionPolicy()`. */
  readonly policy?: ConnectionPolicy;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Another pool than `SlotPool`. */
  readonly createPool?: PoolFactory;
}

/** One operation on a shared connection. */
export interface UseOptions {
  /** The verb, for messages. */
  readonly operation: string;
  /** Gives the operation up. */
  readonly signal?: AbortSignal | undefined;
  /** Whether doing it twice is the same as doing it once: then it is repeated once after a lost connection. */
  readonly repeatable: boolean;
}

/** Something to be done on the next wire before anybody gets it: a temporary file to be removed. */
export type Errand<Wire> = (wire: Wire) => Promise<void>;

/** Wires on which one errand is tried. */
const maxErrandAttempts = 3;

/** Failures after which only other credentials, or an explicit `connect()`, can help: they are not tried again for every operation. */
const latching = ["authentication-failed", "host-key-unknown", "host-key-changed", "tls-failed"] as const;

const slotPool: PoolFactory = (connector, policy, observer, permits) =>
  new SlotPool(connector, policy, observer, permits);

/** What all transports with one connection key hold: it connects, lends wires, counts, heals and closes. */
export class SharedConnection<Wire> {
  /** Its limits, as given or by default. */
  readonly policy: ConnectionPolicy;
  readonly #logger: Logger;
  readonly #createPool: PoolFactory;
  readonly #requestedAt = new CallSite();
  readonly #connectMs: number[] = [];
  readonly #spurious: string[] = [];
  readonly #errands: { readonly run: Errand<Wire>; attempts: number }[] = [];
  #key: ConnectionKey;
  #connector: Connector<Wire>;
  #pool: WirePool<Wire>;
  #latched: TransportError | undefined;
  #closed: TransportError | undefined;
  #neverConnected = true;
  #pinned = false;
  #reused = 0;
  #operations = 0;
  #lost = 0;
  #refusals = 0;
  #open = 0;

  constructor({
    key,
    connector,
    policy = connectionPolicy(),
    logger = silentLogger,
    createPool = slotPool,
  }: SharedConnectionOptions<Wire>) {
    this.#key = key;
    this.#connector = connector;
    this.policy = policy;
    this.#logger = logger;
    this.#createPool = createPool;
    this.#pool = this.#newPool();
    if (policy.pin) this.pin();
  }

  /** What a request must have in common with it to share it. */
  get key(): ConnectionKey {
    return this.#key;
  }

  /** Where it leads, without secrets. */
  get label(): string {
    return this.#connector.label;
  }

  /** How its wires are opened: another one once it has adopted what was given late. */
  get connector(): Connector<Wire> {
    return this.#connector;
  }

  /** Whether its wires stay open however long nobody needs them. */
  get pinned(): boolean {
    return this.#pinned;
  }

  /** True until the first wire works: until then a password that comes late is taken up. */
  get neverConnected(): boolean {
    return this.#neverConnected;
  }

  /** What it is doing now. */
  get state(): ConnectionState {
    if (this.#closed !== undefined) return "closed";
    const { wires, connecting, closing } = this.#pool.stats();
    if (wires > 0) return "ready";
    if (connecting > 0) return "connecting";
    return closing > 0 ? "closing" : "idle";
  }

  /** Takes up what was given late: from now on it connects with this. Only for a connection that has never connected. */
  adopt(key: ConnectionKey, connector: Connector<Wire>): void {
    if (!this.#neverConnected || this.state !== "idle")
      throw new TransportError("unexpected", "only an idle connection can take up credentials");
    this.#key = key;
    this.#connector = connector;
    this.#latched = undefined;
    this.#pool = this.#newPool();
    if (this.#pinned) this.pin();
  }

  /**
   * From now on its wires are closed by `disconnect`, `close` and the server only. For good: of those who share it one needs it to stay, and what the others
   * did not ask for does not harm them.
   */
  pin(): void {
    this.#pinned = true;
    this.#pool.pin?.();
    this.#connector.pin?.();
  }

  /** Counts a transport that was made on this connection. */
  countReuse(url: string): void {
    this.#reused++;
    publish("samewire:transport:reuse", () => ({ label: this.label, url }));
  }

  /**
   * Has something done on the next wire before anybody gets it. A failure of it is logged and does not fail the connect; where the wire
   * was lost over it, it is tried again on the one after.
   */
  onNextWire(errand: Errand<Wire>): void {
    this.#errands.push({ run: errand, attempts: 0 });
  }

  /**
   * Lends a wire to `work` and takes it back when the promise settles. On a lost connection what is repeatable is repeated once. What is
   * lost, or not answered, after it began rejects with the effect `unknown`.
   */
  async use<T>(options: UseOptions, work: WireWork<Wire, T>): Promise<T> {
    try {
      return await this.#attempt(options, work);
    } catch (error) {
      if (!isTransportError(error, "connection-lost") || this.#closed !== undefined || options.signal?.aborted)
        throw error;
      if (!options.repeatable) throw error;
      this.#logger.debug({ label: this.label, operation: options.operation }, "repeating after a lost connection");
      // Whatever becomes of the second attempt, the first one may have taken effect.
      return await this.#attempt(options, work).catch((second: unknown) => {
        throw error.effect === "unknown" ? uncertain(toTransportError(second)) : second;
      });
    }
  }

  /** Lends a wire for as long as the caller keeps the lease: for a stream. */
  lease(request: LeaseRequest): Promise<Lease<Wire>> {
    const refusal = this.#refusal(request.operation);
    if (refusal !== undefined) return Promise.reject(refusal);
    this.#operations++;
    const lease = this.#pool.tryLease(request);
    return lease === undefined ? this.#pool.lease(request) : Promise.resolve(lease);
  }

  /** Opens a wire now, also after a login was refused. */
  async connect(signal?: AbortSignal): Promise<void> {
    this.#latched = undefined;
    this.#connector.forgive?.();
    const lease = await this.lease({ operation: "connect", signal });
    lease.release();
  }

  /** Closes the wires; the next operation opens one again. Settles. */
  async disconnect(): Promise<void> {
    await this.#pool.disconnect();
  }

  /** Closes for good; later operations reject with `closed`. Settles. */
  async close(): Promise<void> {
    this.#closed ??= new TransportError("closed", "the connection was closed", {
      url: this.label,
      hint: "Its scope or owner was closed; get a new transport",
    });
    await this.#pool.close(this.#closed);
  }

  /** What happened on it so far. */
  report(): ConnectionReport {
    const { limit, bytesSent, bytesReceived, wires, closing } = this.#pool.stats();
    return {
      label: this.label,
      state: this.state,
      pinned: this.#pinned,
      requestedAt: this.#requestedAt.toString(),
      reused: this.#reused,
      operations: this.#operations,
      wiresOpened: this.#connectMs.length,
      wiresOpen: wires + closing,
      wiresLost: this.#lost,
      refusals: this.#refusals,
      limit,
      bytesSent,
      bytesReceived,
      connectMs: [...this.#connectMs],
      spurious: [...this.#spurious],
    };
  }

  #newPool(): WirePool<Wire> {
    const permits = this.policy.wireLimit?.permitsFor(this.#key.endpoint);
    return this.#createPool(this.#connector, this.policy, this.#observer(), permits);
  }

  #attempt<T>(options: UseOptions, work: WireWork<Wire, T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const refusal = this.#refusal(options.operation);
      if (refusal !== undefined) return reject(refusal);
      this.#operations++;
      const use = new WireUse(options, work, resolve, reject);
      const lease = this.#pool.tryLease(use);
      if (lease === undefined) this.#pool.lease(use).then((late) => use.begin(late), reject);
      else use.begin(lease);
    });
  }

  #refusal(operation: string): TransportError | undefined {
    return (this.#closed ?? this.#latched)?.with({ operation });
  }

  #observer(): PoolObserver<Wire> {
    const record = { requestedAt: "" };
    return {
      opened: async (wire, { connectMs }) => {
        record.requestedAt = this.#requestedAt.toString();
        this.#neverConnected = false;
        this.#open++;
        this.#connectMs.push(connectMs);
        this.#noteOpen(record, connectMs);
        await this.#runErrands(wire);
      },
      gone: (_wire, { reason, traffic }) => {
        if (--this.#open === 0) leaveCensus(this.#key, record);
        const { label } = this;
        if (reason === undefined) publish("samewire:wire:close", () => ({ label, ...traffic }));
        else this.#noteLost(reason);
      },
      failed: (error) => {
        this.#refusals++;
        // Where a wire lives, the refusal of a further one is no reason to refuse what it can serve.
        if (this.#open === 0 && !error.temporary && latching.some((code) => code === error.code)) this.#latched = error;
        const { label } = this;
        publish("samewire:wire:refused", () => ({ label, code: error.code, message: error.message }));
        this.#logger.warn({ label, code: error.code }, "could not connect");
      },
      limited: (limit) => {
        const { label } = this;
        publish("samewire:connection:limit", () => ({ label, limit }));
        this.#logger.info({ label, limit }, "the server set the number of connections");
      },
    };
  }

  #noteOpen(record: { requestedAt: string }, connectMs: number): void {
    const { label } = this;
    const { requestedAt } = record;
    publish("samewire:wire:open", () => ({ label, requestedAt, connectMs }));
    this.#logger.info({ label, requestedAt, connectMs }, "connected");
    for (const other of enterCensus(this.#key, record)) {
      this.#spurious.push(other.requestedAt);
      publish("samewire:wire:spurious", () => ({ label, requestedAt, openSince: other.requestedAt }));
      this.#logger.warn({ label, requestedAt, openSince: other.requestedAt }, "a second connection where one was open");
    }
  }

  #noteLost(reason: TransportError): void {
    this.#lost++;
    const { label } = this;
    publish("samewire:wire:lost", () => ({ label, code: reason.code, message: reason.message }));
    this.#logger.warn({ label, code: reason.code }, "lost the connection");
  }

  async #runErrands(wire: Wire): Promise<void> {
    await Promise.all(
      this.#errands.map(async (errand) => {
        errand.attempts++;
        const failure = await errand.run(wire).then(
          () => undefined,
          (error: unknown) => toTransportError(error),
        );
        // An errand that costs every wire its life is given up.
        const again = isTransportError(failure, "connection-lost", "timeout") && errand.attempts < maxErrandAttempts;
        if (!again) this.#forget(errand);
        if (failure === undefined) return;
        this.#logger.warn(
          { label: this.label, code: failure.code, again },
          "could not clean up after a lost connection",
        );
      }),
    );
  }

  #forget(errand: { readonly run: Errand<Wire> }): void {
    const at = this.#errands.findIndex(({ run }) => run === errand.run);
    if (at >= 0) this.#errands.splice(at, 1);
  }
}
