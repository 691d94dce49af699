import type { ConnectionRequest } from "../../transport/connection-request.ts";
import type { Location } from "../../url/location.ts";
import { encodeUser } from "../../url/percent-encoding.ts";

/** `https://joe@example.com:8443`: what a connection leads to, and as whom. No secret in it. */
export function urlOf({ location, options }: ConnectionRequest, scheme: string = location.scheme): string {
  return originWith(location, location.user ?? options.user ?? undefined, scheme);
}

/** `https://example.com:8443`: what browsers call an origin, also of a place that is asked for by another name. */
export function originOf(location: Location): string {
  return originWith(location, undefined, webScheme(location));
}

/** What a scheme that travels over HTTP is on the wire: `davs:` is `https`. */
export function webScheme({ scheme }: Location): "http" | "https" {
  return scheme === "http" || scheme === "dav" || scheme === "webdav" ? "http" : "https";
}

function originWith({ host, effectivePort, syntax }: Location, user: string | undefined, scheme: string): string {
  const shownUser = user === undefined ? "" : `${encodeUser(user)}@`;
  const shownHost = host.includes(":") ? `[${host.replace("%", "%25")}]` : host;
  const shownPort = effectivePort === syntax.defaultPort ? "" : `:${effectivePort}`;
  return `${scheme}://${shownUser}${shownHost}${shownPort}`;
}
