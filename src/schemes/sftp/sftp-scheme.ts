import type { OptionDeclarations } from "../../connection/identity.ts";
import type { ConnectedScheme } from "../../transport/connected-scheme.ts";
import { connectedScheme } from "../../transport/connected-scheme.ts";
import { destinationOf, endpointOf, sshPort, urlOf } from "./destination.ts";
import { SftpConnector } from "./sftp-connector.ts";
import { SftpPrimitives } from "./sftp-primitives.ts";
import type { SftpWire } from "./sftp-wire.ts";

/** Unsaid, most of these are filled in from ssh_config, the agent, and the files in ~/.ssh: that is not the same as none. */
const options: OptionDeclarations = {
  "ssh.config": { kind: "identity", ambient: true },
  "ssh.privateKey": { kind: "identity", secret: true, adoptable: true },
  "ssh.identityFile": { kind: "identity", ambient: true, adoptable: true },
  "ssh.passphrase": { kind: "identity", secret: true, adoptable: true },
  "ssh.agent": { kind: "identity", ambient: true, adoptable: true },
  "ssh.knownHosts": { kind: "identity", ambient: true },
  "ssh.hostKeyFingerprints": { kind: "identity" },
  "ssh.unknownHostKey": { kind: "identity", ambient: true },
  "ssh.hostKeyAlias": { kind: "identity", ambient: true },
  "ssh.proxyJump": { kind: "identity", ambient: true },
  "ssh.ciphers": { kind: "identity" },
  "ssh.encoding": { kind: "identity" },
};

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
  options,
  endpoint: endpointOf,
  label: (request) => urlOf(destinationOf(request)),
  connector: (request) => new SftpConnector(request),
  configuredPolicy: (request) => ({ connectTimeoutMs: destinationOf(request).config.connectTimeoutMs }),
  primitives: (connection) => new SftpPrimitives(connection),
});
