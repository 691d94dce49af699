import { proxyFromEnvironment } from "../../drivers/proxy-from-env.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import type { TransportOptions } from "../../transport/transport-options.ts";
import { webScheme } from "./http-origin.ts";

/** Options with what the surroundings say where the call says nothing: the proxy that the environment names. */
export function effectiveOptions(request: ConnectionRequest): TransportOptions {
  return withProxyOfEnvironment(request);
}

/** Whether it was the environment that named the proxy, and not the caller. */
export function isProxyOfEnvironment(options: TransportOptions): boolean {
  return "proxyOfEnvironment" in options;
}

function withProxyOfEnvironment({ location, options }: ConnectionRequest): TransportOptions {
  if (options.proxy !== undefined) return options;
  const { host, effectivePort: port = 0 } = location;
  const proxy = proxyFromEnvironment({ scheme: webScheme(location), host, port });
  return proxy === undefined ? options : ({ ...options, proxy, proxyOfEnvironment: true } as TransportOptions);
}
