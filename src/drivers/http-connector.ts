import type { Clock } from "../connection/clock.ts";
import type { OpenContext } from "../connection/connector.ts";
import type { TransportError } from "../errors/transport-error.ts";
import type { HttpAuthentication } from "./http-authentication.ts";
import type { HttpSender } from "./http-client.ts";
import { HttpThrottle } from "./http-throttle.ts";
import type { HttpWire } from "./http-wire.ts";
import { HttpWireConnector } from "./http-wire-connector.ts";
import type { HttpTarget } from "./open-http.ts";
import { openHttp } from "./open-http.ts";

/** More than one, for as long as nobody knows. */
const unknownCapacity = 100;

export interface HttpConnectorOptions extends Omit<HttpSender, "throttle"> {
  /** `https://joe@example.com`: no secret in it. */
  readonly label: string;
  readonly target: HttpTarget;
  /** What its limits are measured by; the machine's by default. */
  readonly clock?: Clock | undefined;
  /** Whether the caller said how often a silent wire is to be given a sign of life. Default false. */
  readonly keepaliveAsked?: boolean | undefined;
}

/** Opens connections to one HTTP server, and keeps what they have in common: who asks, and which HTTP the server speaks. */
export class HttpConnector extends HttpWireConnector implements HttpSender {
  readonly label: string;
  readonly authentication: HttpAuthentication;
  readonly headers: Readonly<Record<string, string>>;
  readonly patienceMs: number;
  readonly throttle: HttpThrottle;
  protected readonly keepaliveAsked: boolean;
  readonly #target: HttpTarget;
  /** Until a server has said that it does not, it may speak HTTP/2: one connection is opened to find out, however many are allowed. */
  #multiplexes: boolean;
  #latest: HttpWire | undefined;
  /** Why a proxy that forwards requests does not: it says so only once it is asked for something. */
  #refusedByProxy: TransportError | undefined;

  constructor({
    label,
    target,
    authentication,
    patienceMs,
    headers,
    clock,
    keepaliveAsked = false,
  }: HttpConnectorOptions) {
    super();
    this.label = label;
    this.authentication = authentication;
    this.headers = headers;
    this.patienceMs = patienceMs;
    this.throttle = new HttpThrottle(clock);
    this.keepaliveAsked = keepaliveAsked;
    this.#target = target;
    this.#multiplexes = target.http2 && target.tls !== undefined;
  }

  /** HTTP/1.1 carries one request at a time; of HTTP/2 a server says how many. */
  get leasesPerWire(): number {
    return this.#multiplexes ? (this.#latest?.capacity ?? unknownCapacity) : 1;
  }

  async open(context: OpenContext): Promise<HttpWire> {
    if (this.#refusedByProxy !== undefined) throw this.#refusedByProxy;
    const refusedByProxy = (refusal: TransportError): void => void (this.#refusedByProxy = refusal);
    const wire = await openHttp({ ...this.#target, refusedByProxy }, context);
    // Behind one name there may be servers of both kinds: what each connection can carry is what the least of them can.
    this.#multiplexes &&= wire.capacity > 1;
    this.#latest = wire;
    return wire;
  }

  forgive(): void {
    this.#refusedByProxy = undefined;
    this.authentication.forgive();
  }
}
