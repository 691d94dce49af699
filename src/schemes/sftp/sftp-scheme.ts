import type { ConnectedScheme } from "../../transport/connected-scheme.ts";
import { connectedScheme } from "../../transport/connected-scheme.ts";
import { schemeDeclarations } from "../../transport/option-declarations.ts";
import { destinationOf, endpointOf, sshPort, urlOf } from "./destination.ts";
import { SftpConnector } from "./sftp-connector.ts";
import { SftpPrimitives } from "./sftp-primitives.ts";
import type { SftpWire } from "./sftp-wire.ts";

/** `sftp:` over SSH. The path of a URL is the server's own; one that begins with `/~/` is relative to the login directory. */
export const sftpScheme: ConnectedScheme<SftpWire> = connectedScheme<SftpWire>({
  names: ["sftp"],
  syntax: {
    defaultPort: sshPort,
    host: "required",
    userinfo: true,
    query: false,
    encodedSlash: false,
    controlCharacters: true,
    homeDirectory: true,
  },
  options: schemeDeclarations.sftp,
  // An alias of the caller's own ssh_config is one for whoever has the caller's list, too.
  leading: {
    of: ({ ssh }) => ssh?.config,
    given: (options, config) => ({ ...options, ssh: { ...options.ssh, config: config as string | null } }),
  },
  endpoint: endpointOf,
  label: (request) => urlOf(destinationOf(request)),
  connector: (request) => new SftpConnector(request),
  configuredPolicy: (request) => ({ connectTimeoutMs: destinationOf(request).config.connectTimeoutMs }),
  primitives: (connection) => new SftpPrimitives(connection),
});
