import { LRUCache } from "lru-cache";

import type { ConnectionReport } from "../connection/connection-report.ts";
import type { WireLimit } from "../connection/wire-limit.ts";
import { TransportError } from "../errors/transport-error.ts";
import { withAmbientTransports } from "./ambient.ts";
import { ConnectedTransport } from "./connected-transport.ts";
import type { ConnectionRequest } from "./connection-request.ts";
import { getTransportFrom } from "./get-transport.ts";
import type { PossibleTransports } from "./possible-transports.ts";
import type { Registry } from "./registry.ts";
import type { Transport } from "./transport.ts";
import type { LocationInput, TransportOptions } from "./transport-options.ts";

/** Options of a scope. */
export interface ScopeOptions {
  /** Connections that the scope holds at most, beside those that are pinned; the one that was used longest ago is closed when one more comes. Default 1,000. */
  readonly maxConnections?: number | undefined;
  /** What a scope may use beside its own: the transports of an outer list, in order, after its own. */
  readonly possibleTransports?: PossibleTransports | undefined;
  /** How many wires may be open to one server in all, for every connection that the scope opens: `localWireLimit`, `sharedWireLimit`. Default: that of the outer list. */
  readonly wireLimit?: WireLimit | undefined;
}

const defaultMaxConnections = 1_000;

/** Connections that were closed to stay within the bound are told of one by one up to this many, so that a long life costs no more memory. */
const maxPastReports = 1_000;

/** The account of a scope. Holds no secret. */
export interface ScopeReport {
  /** Those that it holds, and the latest of those that it closed to stay within its bound. */
  readonly connections: readonly ConnectionReport[];
  /** Wires opened by all that it ever held. */
  readonly wiresOpened: number;
  /** Connections that the scope closed to stay within its bound. */
  readonly evicted: number;
}

/**
 * A bounded, owned set of transports: a list that closes every wire in it at its end. Handed on as `possibleTransports`, or, inside `run`,
 * used by every `getTransport` that is given no list.
 */
export class TransportScope implements PossibleTransports, AsyncDisposable {
  /** How many wires may be open to one server in all, for every connection that it opens. */
  readonly wireLimit: WireLimit | undefined;
  readonly #registry: Registry;
  readonly #outer: PossibleTransports | undefined;
  readonly #transports: LRUCache<ConnectedTransport, string>;
  /** Those that were the oldest when one more came, and are pinned. */
  readonly #pinned = new Set<ConnectedTransport>();
  readonly #byEndpoint = new Map<string, Set<ConnectedTransport>>();
  /** By their URLs' hosts, those whose options say where these lead. */
  readonly #byHost = new Map<string, Set<ConnectedTransport>>();
  /** What a caller pushed that has no wire of its own: decorators around a transport. */
  readonly #others = new Set<Transport>();
  readonly #past: ConnectionReport[] = [];
  #forgottenWires = 0;
  #evictions: Promise<void> = Promise.resolve();
  #evicted = 0;
  #closed: Promise<void> | undefined;

  constructor(
    registry: Registry,
    { maxConnections = defaultMaxConnections, possibleTransports, wireLimit }: ScopeOptions = {},
  ) {
    this.#registry = registry;
    this.#outer = possibleTransports;
    this.wireLimit = wireLimit ?? possibleTransports?.wireLimit;
    this.#transports = new LRUCache({
      max: maxConnections,
      dispose: (endpoint, transport, reason) => {
        if (reason !== "evict") return;
        if (transport.connection.pinned) return void this.#pinned.add(transport);
        unlist(this.#byEndpoint, endpoint, transport);
        unlist(this.#byHost, transport.location.host, transport);
        this.#evict(transport);
      },
    });
  }

  /** A transport on one of the scope's wires, or on a new one that the scope then owns. */
  getTransport(location: LocationInput, options?: TransportOptions): Transport {
    return getTransportFrom(this.#registry, location, this, options);
  }

  /** Runs `work` so that every `getTransport` in it, however deep, uses this scope when it is given no list. */
  run<T>(work: () => T): T {
    this.#refuseIfClosed();
    return withAmbientTransports(this, work);
  }

  /** Takes transports in; resolves nothing, connects nothing. Returns how many there are. */
  push(...transports: Transport[]): number {
    this.#refuseIfClosed();
    for (const transport of transports) this.#add(transport);
    return this.#held.length + this.#others.size;
  }

  *[Symbol.iterator](): Generator<Transport> {
    // LRU caches iterate from the latest to the oldest: the order of a list is the order in which it grew.
    yield* [...this.#byEndpoint.values()].flatMap((transports) => [...transports]);
    yield* this.#others;
    if (this.#outer !== undefined) yield* this.#outer;
  }

  *candidatesFor(request: ConnectionRequest): Generator<Transport> {
    this.#refuseIfClosed();
    for (const endpoint of new Set([request.key.endpoint, request.effective.key.endpoint]))
      yield* this.#used(this.#byEndpoint.get(endpoint));
    yield* this.#used(this.#byHost.get(request.location.host));
    yield* this.#others;
    if (this.#outer !== undefined) yield* this.#outer.candidatesFor?.(request) ?? this.#outer;
  }

  /** What happened on all of its connections so far. */
  report(): ScopeReport {
    const connections = [...this.#past, ...this.#held.map((transport) => transport.connectionReport())];
    return {
      connections,
      wiresOpened: connections.reduce((sum, { wiresOpened }) => sum + wiresOpened, this.#forgottenWires),
      evicted: this.#evicted,
    };
  }

  /** Closes every wire of the scope for good, once operations have ended or the drain limit is over. Closing twice is harmless. */
  close(): Promise<void> {
    return (this.#closed ??= this.#closeAll());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #closeAll(): Promise<void> {
    await Promise.all([this.#evictions, ...this.#held.map((transport) => transport.close())]);
  }

  get #held(): readonly ConnectedTransport[] {
    return [...this.#pinned, ...this.#transports.keys()];
  }

  *#used(listed: Iterable<ConnectedTransport> = []): Generator<Transport> {
    for (const transport of listed) {
      this.#transports.get(transport); // Now the latest used.
      yield transport;
    }
  }

  #add(transport: Transport): void {
    if (!(transport instanceof ConnectedTransport)) {
      this.#others.add(transport);
      return;
    }
    const { endpoint } = transport.connection.key;
    // One transport stands for its connection: another one must not close it when it is evicted.
    for (const other of this.#byEndpoint.get(endpoint) ?? []) if (other.connection === transport.connection) return;
    list(this.#byEndpoint, endpoint, transport);
    if (transport.isLedByOptions) list(this.#byHost, transport.location.host, transport);
    this.#transports.set(transport, endpoint);
  }

  #evict(transport: ConnectedTransport): void {
    this.#evicted++;
    const closing = transport.close().then(() => this.#remember(transport.connectionReport()));
    this.#evictions = Promise.all([this.#evictions, closing]).then(() => undefined);
  }

  #remember(report: ConnectionReport): void {
    this.#past.push(report);
    if (this.#past.length > maxPastReports) this.#forgottenWires += this.#past.shift()?.wiresOpened ?? 0;
  }

  #refuseIfClosed(): void {
    if (this.#closed === undefined) return;
    throw new TransportError("closed", "the scope was closed", { hint: "Make a new TransportScope" });
  }
}

type Listed = Map<string, Set<ConnectedTransport>>;

function list(all: Listed, name: string, transport: ConnectedTransport): void {
  const listed = all.get(name);
  if (listed === undefined) all.set(name, new Set([transport]));
  else listed.add(transport);
}

function unlist(all: Listed, name: string, transport: ConnectedTransport): void {
  const listed = all.get(name);
  listed?.delete(transport);
  if (listed?.size === 0) all.delete(name);
}
