import type { Clock } from "../connection/clock.ts";
import type { KeyMatch, MatchRules } from "../connection/connection-key.ts";
import { matchKeys } from "../connection/connection-key.ts";
import type { ConnectionReport } from "../connection/connection-report.ts";
import type { SharedConnection } from "../connection/shared-connection.ts";
import { toTransportError } from "../errors/transport-error.ts";
import type { Location } from "../url/location.ts";
import type { ConnectedScheme, LeadingOption } from "./connected-scheme.ts";
import type { ConnectionRequest } from "./connection-request.ts";
import { allOptionsOf, mergedOptions } from "./option-values.ts";
import { PrimitiveTransport } from "./primitive-transport.ts";
import type { Primitives } from "./primitives.ts";
import type { Registry } from "./registry.ts";
import type { ReuseVerdict } from "./reuse.ts";
import { describeMatch } from "./reuse.ts";
import type { Transport } from "./transport.ts";
import type { LocationInput, TransportOptions } from "./transport-options.ts";
import type { VerbOptions } from "./verb-options.ts";

/** What all transports on one wire have in common. */
export interface Channel<Wire> {
  readonly registry: Registry;
  readonly scheme: ConnectedScheme<Wire>;
  readonly connection: SharedConnection<Wire>;
  readonly primitives: Primitives;
  /** What the connection was asked for with; replaced when it takes up what came late. */
  request: ConnectionRequest;
}

/** A transport whose verbs travel on a wire, which it shares with every transport that has the same connection key. */
export class ConnectedTransport<Wire = unknown> extends PrimitiveTransport {
  readonly #channel: Channel<Wire>;
  /** Set when this transport was obtained with neither a list nor a scope: what was opened on the way to its wire. */
  #companions: readonly Transport[] | undefined;

  constructor(channel: Channel<Wire>, location: Location) {
    super(channel.registry, location, channel.primitives);
    this.#channel = channel;
  }

  /** What the transport shares with every other one on its wire: for schemes that build on another one's wires. */
  get connection(): SharedConnection<Wire> {
    return this.#channel.connection;
  }

  override get sharedWire(): SharedConnection<Wire> {
    return this.#channel.connection;
  }

  protected override get clock(): Clock {
    return this.#channel.connection.policy.clock;
  }

  clone(path = ""): ConnectedTransport<Wire> {
    return this.#at(this.resolve("clone", path));
  }

  reuseConnectionFor(location: LocationInput | ConnectionRequest, options?: TransportOptions): Transport | undefined {
    const asked = this.requestFor(location, options);
    const { connection, scheme } = this.#channel;
    if (asked.scheme !== scheme || asked.location.decorators.length > 0) return undefined;
    const { request, match } = this.#matched(asked);
    if (connection.state === "closed") return undefined;
    if (match.kind === "adopts") this.#adopt(request);
    else if (match.kind !== "same") return undefined;
    if (request.options.pin === true) connection.pin();
    const here = request.shownLocation;
    if (sameResource(here, this.location)) return this;
    connection.countReuse(here.redactedUrl);
    return this.#at(here);
  }

  explainReuse(location: LocationInput | ConnectionRequest, options?: TransportOptions): ReuseVerdict {
    const asked = this.requestFor(location, options);
    const { connection, scheme } = this.#channel;
    if (asked.scheme !== scheme)
      return { reuse: false, reason: `${asked.scheme.names[0]}: is not ${scheme.names[0]}:` };
    if (asked.location.decorators.length > 0)
      return { reuse: false, reason: "a decorated URL is served by its decorator, on this wire" };
    if (connection.state === "closed") return { reuse: false, reason: "the connection was closed for good" };
    const { request, match } = this.#matched(asked);
    return describeMatch(match, connection.label, scheme.label(request));
  }

  async connect(options?: VerbOptions): Promise<void> {
    try {
      await this.#channel.connection.connect(options?.signal);
    } catch (error) {
      throw toTransportError(error).with({ operation: "connect", url: this.location.redactedUrl });
    }
  }

  async disconnect(): Promise<void> {
    const { connection, primitives } = this.#channel;
    await Promise.all([connection.disconnect(), primitives.closeOthers?.()]);
  }

  connectionReport(): ConnectionReport {
    return this.#channel.connection.report();
  }

  /** Makes this transport the owner of its wire, and of those that lead to it. */
  own(companions: readonly Transport[]): void {
    this.#companions = companions;
  }

  /** Closes the connection for good, whoever owns it: what a scope does at its end. */
  async close(): Promise<void> {
    const { connection, primitives } = this.#channel;
    await Promise.all([connection.close(), primitives.closeOthers?.()]);
    for (const companion of this.#companions ?? [])
      if (companion instanceof ConnectedTransport) await companion.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#companions !== undefined) await this.close();
  }

  /** Whether where its URL leads depends on options that a URL alone does not say. */
  get isLedByOptions(): boolean {
    const { scheme, request } = this.#channel;
    return scheme.leading?.some((option) => option.of(request.options) !== undefined) ?? false;
  }

  /**
   * Whether the wire serves a request as it was asked; if not, whether it does where the URL leads what it led to for the wire itself, or with what
   * the surroundings say beside.
   */
  #matched(asked: ConnectionRequest): Matched {
    let matched = this.#matchedAs(asked);
    if (serves(matched)) return matched;
    for (const request of this.#readings(asked)) {
      matched = this.#matchedAs(request);
      if (serves(matched)) break;
    }
    return matched;
  }

  #matchedAs(request: ConnectionRequest): Matched {
    return { request, match: matchKeys(this.#channel.connection.key, request.key, this.#rules(request)) };
  }

  *#readings(asked: ConnectionRequest): Generator<ConnectionRequest> {
    const { scheme, request } = this.#channel;
    const { leading = [] } = scheme;
    const led = leading.filter((option) => saysFirst(option, request.options, asked.options));
    if (asked.inherits && led.length > 0) {
      const values = leading.map((option) => (led.includes(option) ? [option.of(request.options)] : []));
      const lead = (options: TransportOptions): TransportOptions =>
        led.reduce((given, option) => option.given(given, option.of(request.options)), options);
      yield asked.variant(JSON.stringify(values), lead);
    }
    if (asked.effective !== asked) yield asked.effective;
  }

  #rules(request: ConnectionRequest): MatchRules {
    const { connection, scheme } = this.#channel;
    return {
      inherits: request.inherits,
      // What was read from elsewhere neither takes anything from a candidate nor changes what it connects with.
      neverConnected: request.inherits && connection.neverConnected && connection.state === "idle",
      declarations: allOptionsOf(scheme),
    };
  }

  /** Takes up what the request gives and the connection, which has never connected, was not given. */
  #adopt(request: ConnectionRequest): void {
    const { connection, scheme, request: held } = this.#channel;
    const identity = new Map([...request.key.identity, ...connection.key.identity]);
    const password = request.location.password ?? held.location.password;
    this.#channel.request = held.with({
      location: held.location.with({ password }),
      options: mergedOptions(held.options, request.options),
    });
    connection.adopt({ ...connection.key, identity }, scheme.connector(this.#channel.request));
  }

  #at(location: Location): ConnectedTransport<Wire> {
    return new ConnectedTransport(this.#channel, location);
  }
}

/** A request, as it was read, and whether a wire serves it. */
interface Matched {
  readonly request: ConnectionRequest;
  readonly match: KeyMatch;
}

/** Whether an option says for a connection where it leads, and for a request nothing. */
function saysFirst(option: LeadingOption, held: TransportOptions, asked: TransportOptions): boolean {
  return option.of(held) !== undefined && option.of(asked) === undefined;
}

function serves({ match }: Matched): boolean {
  return match.kind === "same" || match.kind === "adopts";
}

/** With and without a slash at its end a directory is the same; what is asked for as a whole differs where a byte of it does. */
function sameResource(one: Location, other: Location): boolean {
  return one.whole || other.whole ? one.url === other.url && one.target === other.target : one.base === other.base;
}
