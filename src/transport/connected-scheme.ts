import type { ConnectionKey } from "../connection/connection-key.ts";
import type { Connector } from "../connection/connector.ts";
import type { OptionDeclarations } from "../connection/identity.ts";
import type { PolicyOptions } from "../connection/policy.ts";
import { connectionPolicy } from "../connection/policy.ts";
import type { PoolFactory } from "../connection/shared-connection.ts";
import { SharedConnection } from "../connection/shared-connection.ts";
import type { WireLimit } from "../connection/wire-limit.ts";
import { silentLogger } from "../log/logger.ts";
import type { Location } from "../url/location.ts";
import type { UrlSyntax } from "../url/url-syntax.ts";
import { ConnectedTransport } from "./connected-transport.ts";
import type { ConnectionRequest } from "./connection-request.ts";
import type { Primitives } from "./primitives.ts";
import type { Scheme } from "./scheme.ts";
import type { TransportOptions } from "./transport-options.ts";
import type { Transport } from "./transport.ts";

/** An option that says where URLs lead. */
export interface LeadingOption {
  /** Undefined where it is unsaid. */
  of(options: TransportOptions): unknown;
  /** Options with it, which did not say it. */
  given(options: TransportOptions, value: unknown): TransportOptions;
}

/** What the author of a scheme with wires writes. */
export interface ConnectedSchemeDefinition<Wire> {
  /** As written in URLs; the first is the canonical one. */
  readonly names: readonly string[];
  /** How its URLs are written. */
  readonly syntax: UrlSyntax;
  /** Every option beside the common ones, by dotted name. What is not declared counts as identity. */
  readonly options: OptionDeclarations;
  /** The options of a call with what its URL says beside; `request.options` has them. */
  impliedOptions?(location: Location, options: TransportOptions): TransportOptions;
  /** The options of a request with what the surroundings say of what it leaves open: see `Scheme`. */
  effectiveOptions?(request: ConnectionRequest): TransportOptions;
  /** The options that say where a URL leads, as a configuration file does: a request that says nothing of one may mean where it led for a candidate. */
  readonly leading?: readonly LeadingOption[];
  /** Scheme with security mode, effective user, host and port, as one text. */
  endpoint(request: ConnectionRequest): string;
  /** Where a wire for this request leads, without secrets: `sftp://joe@example.com`. */
  label(request: ConnectionRequest): string;
  /** How a wire for this request is opened. Touches no network; whatever has to be connected on the way joins the request's list. */
  connector(request: ConnectionRequest): Connector<Wire>;
  /** What the scheme does on a connection; one object serves all transports on it. */
  primitives(connection: SharedConnection<Wire>, request: ConnectionRequest): Primitives;
  /** The key of a connection that this request opens, where it must say more than the request's own. */
  keyOf?(request: ConnectionRequest): ConnectionKey;
  /** Limits that the surroundings set where the caller gave none: a configuration file. */
  configuredPolicy?(request: ConnectionRequest): PolicyOptions;
  /** Another pool than the default one. */
  readonly createPool?: PoolFactory;
}

/** A scheme that was made by `connectedScheme`. */
export type ConnectedScheme<Wire> = Scheme & ConnectedSchemeDefinition<Wire>;

/** A scheme whose transports share wires. */
export function connectedScheme<Wire>(definition: ConnectedSchemeDefinition<Wire>): ConnectedScheme<Wire> {
  const scheme: ConnectedScheme<Wire> = {
    ...definition,
    open(request: ConnectionRequest): Transport {
      const { options, registry } = request;
      const connection = new SharedConnection<Wire>({
        key: definition.keyOf?.(request) ?? request.key,
        connector: definition.connector(request),
        policy: connectionPolicy(
          { ...options, wireLimit: wireLimitOf(request) },
          definition.configuredPolicy?.(request),
        ),
        logger: options.logger ?? silentLogger,
        ...(definition.createPool === undefined ? {} : { createPool: definition.createPool }),
      });
      const primitives = definition.primitives(connection, request);
      return new ConnectedTransport({ registry, scheme, connection, primitives, request }, request.shownLocation);
    },
  };
  return scheme;
}

/** That of the call, where it says anything of it, else that of its list. */
function wireLimitOf({ options, possibleTransports }: ConnectionRequest): WireLimit | null | undefined {
  return options.wireLimit === undefined ? possibleTransports?.wireLimit : options.wireLimit;
}
