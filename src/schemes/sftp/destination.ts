import { createHash } from "node:crypto";

import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import type { TransportOptions } from "../../transport/transport-options.ts";
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

/** As much of one as somebody said. */
interface SaidDestination {
  readonly user: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
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
    ignoreProxy: options.ssh?.proxyJump !== undefined || usesOpenSsh(options),
  });
  return {
    user: given ?? config.user ?? localUserName(),
    host: config.hostName ?? location.host,
    port: location.port ?? config.port ?? sshPort,
    config,
  };
}

/** The same, or undefined where ssh_config says it in a way that is not read here: a `Match exec`. Only ssh can lead there. */
export function readableDestination(request: ConnectionRequest): Destination | undefined {
  try {
    return destinationOf(request);
  } catch (error) {
    if (isTransportError(error, "unsupported")) return undefined;
    throw error;
  }
}

/**
 * Who speaks SSH.
 *
 * @throws TransportError `unsupported` where nobody of that name does
 */
export function usesOpenSsh({ ssh }: TransportOptions): boolean {
  const client: string = ssh?.client ?? "ssh2";
  if (client === "openssh" || client === "ssh2") return client === "openssh";
  throw new TransportError("unsupported", `there is no SSH client ${JSON.stringify(client)}`, {
    hint: 'Pass ssh: { client: "ssh2" } or ssh: { client: "openssh" }',
  });
}

/** `sftp://user@host:port` */
export function urlOf({ user, host, port }: SaidDestination): string {
  const who = user === undefined ? "" : `${encodeUser(user)}@`;
  const shownHost = host.includes(":") ? `[${host}]` : host;
  return `sftp://${who}${shownHost}${port === undefined || port === sshPort ? "" : `:${port}`}`;
}

/** Where a request leads, as far as that is known, without a path. */
export function labelOf(request: ConnectionRequest): string {
  return urlOf((usesOpenSsh(request.options) ? readableDestination(request) : destinationOf(request)) ?? said(request));
}

/** What two requests must have in common to lead to the same place as the same person. */
export function endpointOf(request: ConnectionRequest): string {
  const destination = readableDestination(request);
  // Where only ssh knows where it leads, the same words lead to the same place.
  if (destination === undefined) return `${urlOf(said(request))} as ssh has it`;
  const { user, port, config } = destination;
  const host = destination.host.toLowerCase();
  if (usesOpenSsh(request.options)) {
    // ssh acts on lines of ssh_config that are not read here, and they stand under the name that was typed.
    const typed = request.location.typedHost.toLowerCase();
    return `${urlOf({ user, host, port })} by ssh for ${typed} as ${identityOf(config)}`;
  }
  const endpoint = `${urlOf({ user, host, port })}${wayOf(request, config)}`;
  // An alias may stand for the same host with another key (github-work, github-home): then it is somebody else who asks. So may a name in other case.
  if (host === request.location.typedHost || request.options.ssh?.config === null) return endpoint;
  const direct = resolveSshConfig({ host, user, port }, { file: request.options.ssh?.config, ignoreProxy: true });
  const [asAlias, asHost] = [identityOf(config), identityOf(direct)];
  return asAlias === asHost ? endpoint : `${endpoint} as ${asAlias}`;
}

/** What a request itself says of where it leads. */
function said({ location, options }: ConnectionRequest): SaidDestination {
  return { user: location.user ?? options.user ?? undefined, host: location.typedHost, port: location.port };
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
