import type { SharedConnection } from "../../connection/shared-connection.ts";
import type { HttpWire } from "../../drivers/http-wire.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { ConnectedScheme } from "../../transport/connected-scheme.ts";
import { connectedScheme } from "../../transport/connected-scheme.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import type { HttpOptions } from "../../transport/http-options.ts";
import { schemeDeclarations } from "../../transport/option-declarations.ts";
import type { Primitives } from "../../transport/primitives.ts";
import type { TransportOptions } from "../../transport/transport-options.ts";
import { connectorOf } from "./http-connection.ts";
import { urlOf } from "./http-origin.ts";
import { HttpPrimitives } from "./http-primitives.ts";
import { effectiveOptions } from "./http-surroundings.ts";

/** What tells one scheme over HTTP from another. */
export interface HttpSchemeDefinition {
  /** As written in URLs; the first is the canonical one. */
  readonly names: readonly ["http" | "https" | "dav" | "davs", ...string[]];
  /** The name of what is secured, or not, where this is the other way round. */
  readonly counterpart: string;
  readonly secure: boolean;
  /** Whether a URL may name anything that a request can ask for: a query, a name with an encoded slash in it. */
  readonly exactTargets: boolean;
  readonly primitives: (connection: SharedConnection<HttpWire>, request: ConnectionRequest) => Primitives;
}

/** A scheme whose wires are connections to web servers. */
export function schemeOverHttp(definition: HttpSchemeDefinition): ConnectedScheme<HttpWire> {
  const { names, secure, exactTargets, primitives } = definition;
  return connectedScheme<HttpWire>({
    names,
    syntax: {
      defaultPort: secure ? 443 : 80,
      host: "required",
      userinfo: true,
      query: exactTargets,
      encodedSlash: exactTargets,
      controlCharacters: false,
      homeDirectory: false,
    },
    options: schemeDeclarations[names[0]],
    impliedOptions: (_location, options) => impliedOptions(definition, options),
    effectiveOptions,
    endpoint: (request) => urlOf(request, names[0]),
    label: (request) => urlOf(request),
    connector: connectorOf,
    primitives,
  });
}

/** `http:`, read-only. */
export const httpScheme: ConnectedScheme<HttpWire> = schemeOverHttp({
  names: ["http"],
  counterpart: "https",
  secure: false,
  exactTargets: true,
  primitives: (connection, request) => new HttpPrimitives(connection, request),
});

/** `https:`, read-only: HTTP/2 where the server speaks it. */
export const httpsScheme: ConnectedScheme<HttpWire> = schemeOverHttp({
  names: ["https"],
  counterpart: "http",
  secure: true,
  exactTargets: true,
  primitives: (connection, request) => new HttpPrimitives(connection, request),
});

/** What the options say beside: whether somebody is asked for tokens, and whose they are. Which function is asked is a policy. */
function impliedOptions(
  { names: [name], counterpart, secure }: HttpSchemeDefinition,
  options: TransportOptions,
): TransportOptions {
  const { http, tls } = options;
  const required = tls === "required" || (typeof tls === "object" && tls.required === true);
  if (required && !secure) {
    throw new TransportError("invalid-url", `${name}: is not secured, although TLS is required`, {
      hint: `Write ${counterpart}://…`,
    });
  }
  if (tls === "none" && secure) {
    throw new TransportError("invalid-url", `${name}: is secured, although TLS is not wanted`, {
      hint: `Write ${counterpart}://…`,
    });
  }
  if (http?.askBearerToken === undefined) return options;
  const asksForTokens = typeof http.askBearerToken === "function" ? (http.askBearerToken.id ?? true) : null;
  return { ...options, http: { ...http, asksForTokens } as HttpOptions };
}
