import type { FtpWire } from "../../drivers/basic-ftp.ts";
import { netrcLogin } from "../../drivers/netrc.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { ConnectedScheme, ConnectedSchemeDefinition } from "../../transport/connected-scheme.ts";
import { connectedScheme } from "../../transport/connected-scheme.ts";
import { loginFromNetrc, withLogin } from "../../transport/netrc-options.ts";
import { schemeDeclarations } from "../../transport/option-declarations.ts";
import { tlsWanted } from "../../transport/tls-options.ts";
import type { TransportOptions } from "../../transport/transport-options.ts";
import type { Location } from "../../url/location.ts";
import { destinationOf, endpointOf, ftpPort, implicitPort, urlOf } from "./ftp-destination.ts";
import { FtpConnector } from "./ftp-connector.ts";
import { FtpPrimitives } from "./ftp-primitives.ts";

const both = {
  effectiveOptions(request) {
    const { options: given } = request;
    const login = loginFromNetrc(request, netrcLogin);
    if (login === undefined) return given;
    const named = withLogin(given, login);
    const { account } = login;
    if (account === undefined || given.ftp?.account !== undefined) return named;
    return { ...named, ftp: { ...given.ftp, account } };
  },
  endpoint: endpointOf,
  label: (request) => urlOf(destinationOf(request)),
  connector: (request) => new FtpConnector(request),
  primitives: (connection) => new FtpPrimitives(connection),
} satisfies Partial<ConnectedSchemeDefinition<FtpWire>>;

const syntax = {
  host: "required",
  userinfo: true,
  query: false,
  encodedSlash: false,
  controlCharacters: false,
  homeDirectory: true,
} as const;

/** `ftp:`, and `ftpes:`, which is the same with `tls: "required"`. Absolute paths; one that begins with `/~/` is relative to the login directory. */
export const ftpScheme: ConnectedScheme<FtpWire> = connectedScheme<FtpWire>({
  ...both,
  names: ["ftp", "ftpes"],
  syntax: { ...syntax, defaultPort: ftpPort },
  options: schemeDeclarations.ftp,
  impliedOptions(location, given) {
    if (location.scheme === "ftpes") refusePlain(location, given);
    else if (tlsWanted(given) !== true) return given;
    return { ...given, tls: { ...(typeof given.tls === "object" ? given.tls : {}), required: true } };
  },
});

/** `ftps:`, secured from the first byte on a port of its own. */
export const ftpsScheme: ConnectedScheme<FtpWire> = connectedScheme<FtpWire>({
  ...both,
  names: ["ftps"],
  syntax: { ...syntax, defaultPort: implicitPort },
  options: schemeDeclarations.ftps,
  impliedOptions(location, given) {
    refusePlain(location, given);
    return given;
  },
});

function refusePlain({ scheme, redactedUrl }: Location, given: TransportOptions): void {
  if (tlsWanted(given) !== false) return;
  throw new TransportError("unsupported", `${scheme}: is always secured by TLS`, {
    url: redactedUrl,
    hint: "Use ftp: for a server without TLS",
  });
}
