import type { ConnectedScheme, LeadingOption } from "../../transport/connected-scheme.ts";
import { connectedScheme } from "../../transport/connected-scheme.ts";
import { schemeDeclarations } from "../../transport/option-declarations.ts";
import type { TransportOptions } from "../../transport/transport-options.ts";
import { endpointOf, labelOf, readableDestination, sshPort, usesOpenSsh } from "./destination.ts";
import { OpenSshConnector } from "./openssh-connector.ts";
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
  // An alias of the caller's own ssh_config is one for whoever has the caller's list, too; and so is one that only ssh itself can make out.
  leading: [leadingSshOption("config"), leadingSshOption("client")],
  endpoint: endpointOf,
  label: labelOf,
  connector: (request) => (usesOpenSsh(request.options) ? new OpenSshConnector(request) : new SftpConnector(request)),
  configuredPolicy: (request) => ({ connectTimeoutMs: readableDestination(request)?.config.connectTimeoutMs }),
  primitives: (connection) => new SftpPrimitives(connection),
});

function leadingSshOption(name: "config" | "client"): LeadingOption {
  return {
    of: ({ ssh }) => ssh?.[name],
    given: (options: TransportOptions, value) => ({ ...options, ssh: { ...options.ssh, [name]: value } }),
  };
}
