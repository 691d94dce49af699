import type { ConnectionRequest } from "../../transport/connection-request.ts";
import type { Location } from "../../url/location.ts";
import { encodeUser } from "../../url/percent-encoding.ts";

/** `https://joe@example.com:8443`: what a connection leads to, and as whom. No secret in it. */
export function urlOf({ location, options }: ConnectionRequest): string {
  return originWith(location, location.user ?? options.user ?? undefined);
}

/** `https://example.com:8443`: what browsers call an origin. */
export function originOf(location: Location): string {
  return originWith(location, undefined);
}

function originWith({ scheme, host, effectivePort, syntax }: Location, user: string | undefined): string {
  const shownUser = user === undefined ? "" : `${encodeUser(user)}@`;
  const shownHost = host.includes(":") ? `[${host.replace("%", "%25")}]` : host;
  const shownPort = effectivePort === syntax.defaultPort ? "" : `:${effectivePort}`;
  return `${scheme}://${shownUser}${shownHost}${shownPort}`;
}
