import type { HttpWire } from "../../drivers/http-wire.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { ConnectedScheme } from "../../transport/connected-scheme.ts";
import { connectedScheme } from "../../transport/connected-scheme.ts";
import type { HttpOptions } from "../../transport/http-options.ts";
import { httpDeclarations } from "../../transport/http-options.ts";
import { tlsDeclarations } from "../../transport/tls-options.ts";
import type { TransportOptions } from "../../transport/transport-options.ts";
import { connectorOf, usualPolicy } from "./http-connection.ts";
import { urlOf } from "./http-origin.ts";
import { HttpPrimitives } from "./http-primitives.ts";

/** `http:`, read-only. */
export const httpScheme: ConnectedScheme<HttpWire> = schemeOf("http", 80);

/** `https:`, read-only: HTTP/2 where the server speaks it. */
export const httpsScheme: ConnectedScheme<HttpWire> = schemeOf("https", 443);

function schemeOf(name: "http" | "https", defaultPort: number): ConnectedScheme<HttpWire> {
  const secure = name === "https";
  return connectedScheme<HttpWire>({
    names: [name],
    syntax: {
      defaultPort,
      host: "required",
      userinfo: true,
      query: true,
      encodedSlash: true,
      controlCharacters: false,
      homeDirectory: false,
    },
    options: { ...tlsDeclarations, ...httpDeclarations },
    impliedOptions: (_location, options) => impliedOptions(secure, options),
    endpoint: urlOf,
    label: urlOf,
    connector: connectorOf,
    configuredPolicy: () => usualPolicy,
    primitives: (connection, request) => new HttpPrimitives(connection, request),
  });
}

/** What the options say beside: whether somebody is asked for tokens. Whom, is a policy. */
function impliedOptions(secure: boolean, options: TransportOptions): TransportOptions {
  const { http, tls } = options;
  const required = tls === "required" || (typeof tls === "object" && tls.required === true);
  if (required && !secure) {
    throw new TransportError("invalid-url", "http: is not secured, although TLS is required", {
      hint: "Write https://…",
    });
  }
  if (tls === "none" && secure) {
    throw new TransportError("invalid-url", "https: is secured, although TLS is not wanted", {
      hint: "Write http://…",
    });
  }
  if (http?.askBearerToken === undefined) return options;
  const asksForTokens = typeof http.askBearerToken === "function" ? true : null;
  return { ...options, http: { ...http, asksForTokens } as HttpOptions };
}
