import { createHash } from "node:crypto";

import { isTransportError } from "../../errors/transport-error.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import { encodeUser } from "../../url/percent-encoding.ts";
import { localUserName } from "./config/expand.ts";
import type { SshHostConfig } from "./ssh-config.ts";
import { resolveSshConfig } from "./ssh-config.ts";

export const sshPort = 22;

/** Where a request leads once ssh_config and the defaults have had their say. */
export interface Destination {
  readonly user: string;
  readonly host: string;
  readonly port: number;
  readonly config: SshHostConfig;
}

/**
 * The destination of a request. Reads ssh_config, at most once per change of it.
 *
 * @throws TransportError as `resolveSshConfig` does
 */
export function destinationOf({ location, options }: ConnectionRequest): Destination {
  const given = location.user ?? options.user ?? undefined;
  const query = { host: location.typedHost, user: given, port: location.port };
  const config = resolveSshConfig(query, {
    file: options.ssh?.config,
    ignoreProxy: options.ssh?.proxyJump !== undefined,
  });
  return {
    user: given ?? config.user ?? localUserName(),
    host: config.hostName ?? location.host,
    port: location.port ?? config.port ?? sshPort,
    config,
  };
}

/** `sftp://user@host:port` */
export function urlOf({ user, host, port }: Pick<Destination, "user" | "host" | "port">): string {
  const shownHost = host.includes(":") ? `[${host}]` : host;
  return `sftp://${encodeUser(user)}@${shownHost}${port === sshPort ? "" : `:${port}`}`;
}

/** What two requests must have in common to lead to the same place as the same person. */
export function endpointOf(request: ConnectionRequest): string {
  const destination = destinationOf(request);
  const { user, port, config } = destination;
  const host = destination.host.toLowerCase();
  const endpoint = `${urlOf({ user, host, port })}${wayOf(request, config)}`;
  // An alias may stand for the same host with another key (github-work, github-home): then it is somebody else who asks. So may a name in other case.
  if (host === request.location.typedHost || request.options.ssh?.config === null) return endpoint;
  const direct = resolveSshConfig({ host, user, port }, { file: request.options.ssh?.config, ignoreProxy: true });
  const [asAlias, asHost] = [identityOf(config), identityOf(direct)];
  return asAlias === asHost ? endpoint : `${endpoint} as ${asAlias}`;
}

const identities = new WeakMap<SshHostConfig, string>();

/**
 * The hosts that ssh_config leads through, whatever the options say of it: an address behind one jump host is another machine than the same
 * address behind another.
 */
function wayOf(request: ConnectionRequest, config: SshHostConfig): string {
  const hops = request.options.ssh?.proxyJump === undefined ? config.proxyJump : configuredJump(request);
  const shown = (hops ?? []).map(({ user, host, port }) => `${user ?? ""}@${host}:${port ?? ""}`);
  return shown.length === 0 ? "" : ` through ${shown.join()}`;
}

/** The hosts that would be gone through if the options said nothing of them. */
function configuredJump({ location, options }: ConnectionRequest): SshHostConfig["proxyJump"] {
  const user = location.user ?? options.user ?? undefined;
  try {
    const query = { host: location.typedHost, user, port: location.port };
    return resolveSshConfig(query, { file: options.ssh?.config }).proxyJump;
  } catch (error) {
    // A ProxyCommand, which nobody who leaves it to ssh_config gets past either.
    if (isTransportError(error, "unsupported")) return undefined;
    throw error;
  }
}

/** What ssh_config says of keys and trust, as one short text. */
function identityOf(config: SshHostConfig): string {
  let identity = identities.get(config);
  if (identity === undefined) {
    const { hostName: _name, port: _port, user: _user, proxyJump: _way, connectTimeoutMs: _time, ...rest } = config;
    const said = Object.entries(rest).filter(([, value]) => value !== undefined);
    identity = createHash("sha256").update(JSON.stringify(said)).digest("base64url");
    identities.set(config, identity);
  }
  return identity;
}
