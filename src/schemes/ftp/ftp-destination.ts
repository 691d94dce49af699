import { tlsSettings } from "../../transport/tls-options.ts";
import type { TlsSettings } from "../../transport/tls-options.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import { encodeUser } from "../../url/percent-encoding.ts";

/** From when a session is secured: from the first byte, from AUTH on, or never. */
export type FtpSecurity = "implicit" | "explicit" | "none";

/** Where a request leads once the defaults have had their say. */
export interface FtpDestination {
  readonly scheme: string;
  readonly user: string;
  readonly host: string;
  readonly port: number;
  readonly security: FtpSecurity;
  readonly tls: TlsSettings;
}

/** Who logs in where nobody says who (RFC 1635). */
export const anonymous = "anonymous";

export const ftpPort = 21;
export const implicitPort = 990;

export function destinationOf({ location, options }: ConnectionRequest): FtpDestination {
  const implicit = location.scheme === "ftps";
  return {
    scheme: location.scheme,
    user: location.user ?? options.user ?? anonymous,
    host: location.host,
    port: location.port ?? (implicit ? implicitPort : ftpPort),
    security: implicit ? "implicit" : isRequired(options.tls) ? "explicit" : "none",
    tls: tlsSettings(options),
  };
}

/** Options whose TLS is what the URL's name stands for: see `impliedOptions`. */
function isRequired(tls: ConnectionRequest["options"]["tls"]): boolean {
  return typeof tls === "object" && tls.required === true;
}

/** `ftp://user@host:port`; whoever is anonymous is not shown. */
export function urlOf({ scheme, user, host, port }: FtpDestination): string {
  const shownUser = user === anonymous ? "" : `${encodeUser(user)}@`;
  const shownHost = host.includes(":") ? `[${host}]` : host;
  const defaultPort = scheme === "ftps" ? implicitPort : ftpPort;
  return `${scheme}://${shownUser}${shownHost}${port === defaultPort ? "" : `:${port}`}`;
}

/** What two requests must have in common to lead to the same place as the same person. Explicit TLS is an option of `ftp:`, whatever it is called. */
export function endpointOf(request: ConnectionRequest): string {
  const destination = destinationOf(request);
  const scheme = destination.security === "implicit" ? "ftps" : "ftp";
  return urlOf({ ...destination, scheme });
}
