import { netrcLogin } from "../../drivers/netrc.ts";
import { proxyFromEnvironment } from "../../drivers/proxy-from-env.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import { loginFromNetrc, withLogin } from "../../transport/netrc-options.ts";
import { withEnvironmentProxy } from "../../transport/proxy-options.ts";
import type { TransportOptions } from "../../transport/transport-options.ts";
import { webScheme } from "./http-origin.ts";

/** Options with what the surroundings say where the call says nothing: who logs in, and the proxy that the environment names. */
export function effectiveOptions(request: ConnectionRequest): TransportOptions {
  return withProxyOfEnvironment(request, withLoginFromNetrc(request));
}

function withLoginFromNetrc(request: ConnectionRequest): TransportOptions {
  const { options } = request;
  const { authorization, bearerToken, askBearerToken } = options.http ?? {};
  // Who shows a token needs no password.
  if ([authorization, bearerToken, askBearerToken].some((given) => given !== undefined && given !== null))
    return options;
  const login = loginFromNetrc(request, netrcLogin);
  return login === undefined ? options : withLogin(options, login);
}

function withProxyOfEnvironment({ location }: ConnectionRequest, options: TransportOptions): TransportOptions {
  if (options.proxy !== undefined) return options;
  const { host, effectivePort: port = 0 } = location;
  return withEnvironmentProxy(options, proxyFromEnvironment({ scheme: webScheme(location), host, port }));
}
