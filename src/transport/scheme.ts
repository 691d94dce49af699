import type { OptionDeclarations } from "../connection/identity.ts";
import type { Location } from "../url/location.ts";
import type { UrlSyntax } from "../url/url-syntax.ts";
import type { ConnectionRequest } from "./connection-request.ts";
import type { TransportOptions } from "./transport-options.ts";
import type { Transport } from "./transport.ts";

/** What a URL's scheme selects: how its URLs are written, what its options mean, and how its transports are made. */
export interface Scheme {
  /** As written in URLs; the first is the canonical one. */
  readonly names: readonly string[];
  /** How its URLs are written. */
  readonly syntax: UrlSyntax;
  /** Every option beside the common ones, by dotted name: `ssh.agent`. */
  readonly options: OptionDeclarations;
  /** The options of a call with what its URL says beside: a name of the scheme that stands for TLS. Throws where the two contradict each other. */
  impliedOptions?(location: Location, options: TransportOptions): TransportOptions;
  /**
   * The options of a request with what the surroundings say of what it leaves open: a proxy that the environment names, a user in a file. They count where no
   * candidate serves what was asked for as it was, and where a wire is opened. Synchronous; no network. The same object where there is nothing to add.
   */
  effectiveOptions?(request: ConnectionRequest): TransportOptions;
  /**
   * Scheme with security mode, effective user, host and port, as one text: what a wire leads to. Synchronous; no network. Absent where
   * there is no wire.
   */
  endpoint?(request: ConnectionRequest): string;
  /** Makes a transport, with a shared connection of its own where the scheme has wires. Touches no network. */
  open(request: ConnectionRequest): Transport;
}

/** A transport around a transport, selected by a prefix: `readonly+`. */
export interface Decorator {
  /** The prefix in URLs, without its `+`. */
  readonly name: string;
  /** `options` are those of the call that names the prefix. */
  wrap(inner: Transport, options: TransportOptions): Transport;
}
