import type { LookupFunction } from "node:net";

import { connectionPolicy } from "../../connection/policy.ts";
import { HttpAuthentication } from "../../drivers/http-authentication.ts";
import { HttpConnector } from "../../drivers/http-connector.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import type { TlsOptions } from "../../transport/tls-options.ts";
import { isProxyOfEnvironment, proxySettings } from "../../transport/proxy-options.ts";
import { tlsSettings } from "../../transport/tls-options.ts";
import type { TransportOptions } from "../../transport/transport-options.ts";
import { checkedHeaders } from "./http-headers.ts";
import { loginOf } from "./http-login.ts";
import { urlOf, webScheme } from "./http-origin.ts";

/** How connections for a request are opened. */
export function connectorOf(request: ConnectionRequest): HttpConnector {
  const { location, options } = request;
  const { host, effectivePort: port = 0 } = location;
  const { leaseTimeoutMs, silenceTimeoutMs, clock } = connectionPolicy(options);
  return new HttpConnector({
    label: urlOf(request),
    authentication: new HttpAuthentication(loginOf(request)),
    patienceMs: leaseTimeoutMs,
    clock,
    keepaliveAsked: options.keepaliveIntervalMs !== undefined,
    headers: checkedHeaders(options.http?.headers),
    target: {
      host,
      port,
      proxy: proxySettings(options),
      localAddress: options.localAddress ?? undefined,
      family: options.family ?? undefined,
      lookup: (options.lookup ?? undefined) as LookupFunction | undefined,
      tls: webScheme(location) === "https" ? { ...tlsSettings(options), host } : undefined,
      http2: options.http?.http2 ?? true,
      silenceTimeoutMs,
    },
  });
}

/** What says how one waits, and which way the bytes go. */
const onTheWay = [
  "localAddress",
  "family",
  "lookup",
  "connectTimeoutMs",
  "resolveTimeoutMs",
  "tcpConnectTimeoutMs",
  "proxyTimeoutMs",
  "handshakeTimeoutMs",
  "authenticateTimeoutMs",
  "sessionSetupTimeoutMs",
  "leaseTimeoutMs",
  "silenceTimeoutMs",
  "idleTimeoutMs",
  "keepaliveIntervalMs",
  "drainTimeoutMs",
  "unreadTimeoutMs",
  "checkAfterIdleMs",
  "deadlockAfterMs",
  "probeAfterMs",
  "connections",
  "clock",
  "logger",
] as const satisfies readonly (keyof TransportOptions)[];

/** Whom to trust, wherever it leads. A name, a pin, and a client's certificate are for one server only. */
const trust = ["ca", "minVersion", "ciphers"] as const satisfies readonly (keyof TlsOptions)[];

/** The options for a place that a redirect leads to: nothing in them says who asks. */
export function hopOptions(options: TransportOptions): TransportOptions {
  const { tls, http } = options;
  return {
    ...pick(options, onTheWay),
    // Where the environment named the proxy, it may name another for another host, or none.
    ...(isProxyOfEnvironment(options) ? {} : pick(options, ["proxy"])),
    credentials: "explicit",
    ...(typeof tls === "object" ? { tls: pick(tls, trust) } : {}),
    ...(http === undefined ? {} : { http: pick(http, ["http2"]) }),
  };
}

function pick<Options extends object, Name extends keyof Options>(
  options: Options,
  names: readonly Name[],
): Pick<Options, Name> {
  return Object.fromEntries(
    names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  ) as Pick<Options, Name>;
}
