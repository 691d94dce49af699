import type { Clock } from "../../connection/clock.ts";
import { connectionPolicy } from "../../connection/policy.ts";
import { publish } from "../../connection/events.ts";
import { SharedConnection } from "../../connection/shared-connection.ts";
import type { HttpAnswer } from "../../drivers/http-answer.ts";
import { HttpClient } from "../../drivers/http-client.ts";
import type { HttpConnector } from "../../drivers/http-connector.ts";
import type { HttpWire } from "../../drivers/http-wire.ts";
import { TransportError } from "../../errors/transport-error.ts";
import { silentLogger } from "../../log/logger.ts";
import { ConnectedTransport } from "../../transport/connected-transport.ts";
import { ConnectionRequest } from "../../transport/connection-request.ts";
import type { Operation } from "../../transport/operation.ts";
import { isRepeated } from "../../transport/repetition.ts";
import type { Location } from "../../url/location.ts";
import { connectorOf, hopOptions } from "./http-connection.ts";
import { originOf } from "./http-origin.ts";
import { isDirectoryRedirect, isRedirect, maxRedirects, redirectTarget, sameOrigin } from "./redirect.ts";

/** Where something is asked for. */
export interface Place {
  readonly client: HttpClient;
  readonly location: Location;
  /** Whether a redirect led to another origin on the way here: from then on nobody's credentials are shown, wherever it leads. */
  readonly strange: boolean;
}

/** What came of a request once no redirect is left to follow. */
export type Found =
  | { readonly kind: "answer"; readonly answer: HttpAnswer; readonly place: Place }
  /** The server says that a slash is missing. */
  | { readonly kind: "directory"; readonly place: Place };

export interface Ask {
  /** One that changes nothing. */
  readonly method: "GET" | "HEAD" | "OPTIONS" | "PROPFIND";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Other origins that are remembered, so that many files that one mirror has are one connection to it. */
const maxOthers = 32;

/** Reads on one connection, and wherever its server's redirects lead. */
export class HttpRequests {
  readonly #client: HttpClient;
  readonly #request: ConnectionRequest;
  readonly #others = new Map<string, HttpClient>();
  readonly #offeringRanges = new WeakSet<HttpClient>();

  constructor(connection: SharedConnection<HttpWire>, request: ConnectionRequest) {
    // The scheme's own, whatever pool it is in.
    this.#client = new HttpClient(connection, () => connection.connector as HttpConnector);
    this.#request = request;
  }

  /** What limits and pauses are measured by. */
  get clock(): Clock {
    return this.#client.connection.policy.clock;
  }

  /** The place of a location on the connection itself. */
  place(location: Location): Place {
    return { client: this.#client, location, strange: false };
  }

  /** Asks, and follows redirects, which are no part of what the caller trusts: each on its merits, and none with anybody's credentials. */
  async find(place: Place, { method, headers = {}, body }: Ask, { name, signal }: Operation): Promise<Found> {
    let here = place;
    for (let redirects = 0; ; redirects++) {
      const { target } = here.location;
      const call = { method, target, headers, body, operation: name, signal, repeatable: isRepeated("get") };
      const answer = await here.client.send(call);
      if (answer.headers.get("accept-ranges")?.toLowerCase() === "bytes") this.#offeringRanges.add(here.client);
      if (!isRedirect(answer.status)) return { kind: "answer", answer, place: here };
      await answer.discard();
      const next = redirectTarget(this.#request.registry, here.location, answer.headers.get("location"));
      if (isDirectoryRedirect(here.location, next)) return { kind: "directory", place: here };
      if (redirects === maxRedirects) throw tooMany();
      publish("samewire:redirect", () => ({
        url: here.location.redactedUrl,
        target: next.redactedUrl,
        status: answer.status,
      }));
      here = this.#follow(here, next);
    }
  }

  /** Whether the server of a place has said that it gives parts of files. */
  offersRanges({ client }: Place): boolean {
    return this.#offeringRanges.has(client);
  }

  /** Closes what redirects led to, for good. Settles. */
  async closeOthers(): Promise<void> {
    const others = [...this.#others.values()];
    this.#others.clear();
    await Promise.all(others.map(({ connection }) => connection.close()));
  }

  #follow(from: Place, to: Location): Place {
    if (sameOrigin(from.location, to)) return { ...from, location: to };
    return { client: this.#other(to), location: to, strange: true };
  }

  /** A connection in the caller's list serves, where it shows nobody's credentials; one that is opened for this is in nobody's list. */
  #other(location: Location): HttpClient {
    const { registry, options, possibleTransports } = this.#request;
    const origin = originOf(location);
    const known = this.#others.get(origin);
    if (known !== undefined) return known;
    const request = new ConnectionRequest(registry, location, hopOptions(options), possibleTransports).effective;
    const candidate = candidateFor(request);
    if (candidate !== undefined) return new HttpClient(candidate, () => candidate.connector as HttpConnector);
    const [oldest] = this.#others.keys();
    // What is forgotten closes by itself once it is idle.
    if (this.#others.size >= maxOthers && oldest !== undefined) this.#others.delete(oldest);
    const client = connect(request);
    this.#others.set(origin, client);
    return client;
  }
}

function candidateFor(request: ConnectionRequest): SharedConnection<HttpWire> | undefined {
  const { possibleTransports: list = [] } = request;
  for (const candidate of list.candidatesFor?.(request) ?? list) {
    const transport = candidate.reuseConnectionFor(request);
    if (transport instanceof ConnectedTransport) return transport.connection as SharedConnection<HttpWire>;
  }
  return undefined;
}

function connect(request: ConnectionRequest): HttpClient {
  const { key, options } = request;
  const connector = connectorOf(request);
  const policy = connectionPolicy(options);
  const connection = new SharedConnection({ key, connector, policy, logger: options.logger ?? silentLogger });
  return new HttpClient(connection, () => connector);
}

function tooMany(): TransportError {
  return new TransportError(
    "too-many-redirects",
    `the server sends the reader elsewhere more than ${maxRedirects} times`,
  );
}
