import type { Pool } from "generic-pool";
import { createPool } from "generic-pool";

import type { TransportError } from "samewire";
import { isTransportError } from "samewire";
import type {
  ConnectionPolicy,
  Connector,
  Lease,
  LeaseRequest,
  PoolObserver,
  PoolStats,
  WirePool,
} from "samewire/extend";
import { toTransportError } from "samewire/extend";

import { TimedLease } from "./timed-lease.ts";

/** What is pooled: a wire, or why there is none, since this pool tries for ever to make what it could not make. */
type Pooled<Wire> = PooledWire<Wire> | { readonly failure: TransportError };

interface PooledWire<Wire> {
  readonly wire: Wire;
  dead: TransportError | undefined;
}

/** samewire's pool, made with the npm package generic-pool: a pool is an interface, and this is another one behind it. */
export class GenericPool<Wire> implements WirePool<Wire> {
  readonly #connector: Connector<Wire>;
  readonly #policy: ConnectionPolicy;
  readonly #observer: PoolObserver<Wire>;
  readonly #live = new Map<Wire, Pooled<Wire>>();
  #pool: Pool<Pooled<Wire>>;
  #closed: TransportError | undefined;
  #past = { bytesSent: 0, bytesReceived: 0 };

  constructor(connector: Connector<Wire>, policy: ConnectionPolicy, observer: PoolObserver<Wire>) {
    this.#connector = connector;
    this.#policy = policy;
    this.#observer = observer;
    this.#pool = this.#make();
  }

  tryLease(): undefined {
    return undefined;
  }

  async lease(request: LeaseRequest): Promise<Lease<Wire>> {
    for (;;) {
      if (this.#closed !== undefined) throw this.#closed.with({ operation: request.operation });
      const pool = this.#pool;
      const pooled = await pool.acquire();
      if ("wire" in pooled && request.signal?.aborted !== true) return this.#lend(pool, pooled);
      if ("wire" in pooled) {
        await pool.release(pooled);
        throw toTransportError(request.signal?.reason).with({ operation: request.operation });
      }
      await pool.destroy(pooled);
      // Where a wire lives, a registry's limit is no reason to refuse what it can serve.
      const full = isTransportError(pooled.failure, "too-many-connections") && this.#live.size > 0;
      if (!full) throw pooled.failure.with({ operation: request.operation });
      await new Promise((resolve) => setTimeout(resolve, this.#policy.backOffBaseMs));
    }
  }

  async disconnect(): Promise<void> {
    const pool = this.#pool;
    this.#pool = this.#make();
    await pool.drain();
    await pool.clear();
  }

  async close(reason: TransportError): Promise<void> {
    this.#closed ??= reason;
    await this.disconnect();
  }

  stats(): PoolStats {
    let { bytesSent, bytesReceived } = this.#past;
    for (const wire of this.#live.keys()) {
      const traffic = this.#connector.traffic(wire);
      bytesSent += traffic.bytesSent;
      bytesReceived += traffic.bytesReceived;
    }
    const { borrowed, pending, max } = this.#pool;
    return {
      ...{ wires: this.#live.size, connecting: 0, closing: 0 },
      ...{ leases: borrowed, waiting: pending, limit: max, bytesSent, bytesReceived },
    };
  }

  #lend(pool: Pool<Pooled<Wire>>, pooled: PooledWire<Wire>): Lease<Wire> {
    const { wire } = pooled;
    this.#connector.hold(wire, true);
    return new TimedLease(wire, this.#policy.silenceTimeoutMs, (reason) => {
      this.#connector.hold(wire, false);
      if (reason !== undefined) this.#connector.destroy(wire, reason);
      // Neither fails for what is lent.
      void (reason === undefined && pooled.dead === undefined ? pool.release(pooled) : pool.destroy(pooled));
    });
  }

  #make(): Pool<Pooled<Wire>> {
    const { connections, idleTimeoutMs } = this.#policy;
    return createPool<Pooled<Wire>>(
      {
        create: () => this.#create(),
        destroy: (pooled) => this.#destroy(pooled),
        validate: (pooled) => Promise.resolve("failure" in pooled || pooled.dead === undefined),
      },
      {
        ...{ max: connections, min: 0, autostart: false, testOnBorrow: true },
        ...{ idleTimeoutMillis: idleTimeoutMs, evictionRunIntervalMillis: Math.max(50, idleTimeoutMs / 4) },
      },
    );
  }

  async #create(): Promise<Pooled<Wire>> {
    const startedAt = performance.now();
    const { connectTimeoutMs, clock } = this.#policy;
    const pooled: { wire: Wire | undefined; dead: TransportError | undefined } = { wire: undefined, dead: undefined };
    const gone = (reason: TransportError | undefined, dead: TransportError): void => {
      pooled.dead ??= dead;
      if (pooled.wire !== undefined) this.#forget(pooled.wire, reason);
    };
    try {
      const wire = await this.#connector.open({
        signal: AbortSignal.timeout(connectTimeoutMs),
        clock,
        enter: () => undefined,
        pauseClock: (work) => work(),
        lost: (error) => gone(error, error),
        ended: () => gone(undefined, toTransportError("the other side closed it")),
      });
      pooled.wire = wire;
      this.#connector.hold(wire, false);
      const made = pooled as PooledWire<Wire>;
      this.#live.set(wire, made);
      await this.#observer.opened(wire, { connectMs: performance.now() - startedAt });
      return made;
    } catch (error) {
      const failure = toTransportError(error);
      this.#observer.failed(failure);
      return { failure };
    }
  }

  async #destroy(pooled: Pooled<Wire>): Promise<void> {
    if ("failure" in pooled || pooled.dead !== undefined) return;
    pooled.dead = toTransportError("it was closed");
    try {
      await this.#connector.close(pooled.wire);
    } catch (error) {
      this.#connector.destroy(pooled.wire, toTransportError(error));
    }
    this.#forget(pooled.wire, undefined);
  }

  #forget(wire: Wire, reason: TransportError | undefined): void {
    if (!this.#live.delete(wire)) return;
    const traffic = this.#connector.traffic(wire);
    this.#past = {
      bytesSent: this.#past.bytesSent + traffic.bytesSent,
      bytesReceived: this.#past.bytesReceived + traffic.bytesReceived,
    };
    this.#observer.gone(wire, { reason, traffic });
  }
}
