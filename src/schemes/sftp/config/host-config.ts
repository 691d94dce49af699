import type { ConfigFiles } from "./config-files.ts";
import { unsupportedConfig } from "./config-error.ts";
import type { ExpandedDestination, Tokens } from "./expand.ts";
import { expandFileName, fileTokens } from "./expand.ts";
import type { Setting, Settings, SshConfigQuery } from "./settings.ts";
import type { JumpHost, StrictHostKeyChecking } from "./values.ts";
import { checkHost, checkUser, durationMsOf, flagOf, jumpHostsOf, portOf, strictnessOf, wordOf } from "./values.ts";

/** What ssh_config says of one host. What it leaves open is absent; `null` is an explicit `none`. */
export interface SshHostConfig {
  /** The name or address to connect to, where it is not the host itself. */
  readonly hostName?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  /** Private key files, in the order to try them; empty for an explicit `none`. */
  readonly identityFiles?: readonly string[] | undefined;
  /** Offer the identity files alone, whatever else an agent holds. */
  readonly identitiesOnly?: boolean | undefined;
  /** The agent's socket. */
  readonly identityAgent?: string | null | undefined;
  /** Hosts to go through, the first hop first. Each has an entry of its own in ssh_config; only the first hop's `ProxyJump` counts. */
  readonly proxyJump?: readonly JumpHost[] | null | undefined;
  /** Files of known host keys; empty for an explicit `none`. */
  readonly userKnownHostsFiles?: readonly string[] | undefined;
  readonly globalKnownHostsFiles?: readonly string[] | undefined;
  /** The name to look up in them, in lower case. */
  readonly hostKeyAlias?: string | undefined;
  /** Write host names as hashes when a key is recorded. */
  readonly hashKnownHosts?: boolean | undefined;
  readonly strictHostKeyChecking?: StrictHostKeyChecking | undefined;
  readonly connectTimeoutMs?: number | undefined;
  /** The only IP family to use. */
  readonly family?: 4 | 6 | undefined;
  /** The local address to connect from. */
  readonly localAddress?: string | undefined;
}

/** The settings of one host as values, with everything expanded. */
export function hostConfigOf(settings: Settings, query: SshConfigQuery, files: ConfigFiles): SshHostConfig {
  const valueOf = <T>(slot: string, read: (setting: Setting) => T): T | undefined => {
    const setting = settings.first(slot);
    return setting === undefined ? undefined : read(setting);
  };
  valueOf("bindinterface", (setting) => refuse(setting, "BindInterface is not supported, and is never ignored"));
  valueOf("revokedhostkeys", refuseRevocationList);
  const port = valueOf("port", portOf);
  const hostKeyAlias = valueOf("hostkeyalias", (setting) => wordOf(setting).toLowerCase());
  const destination = {
    typedHost: query.host,
    host: settings.hostName,
    port: query.port ?? port ?? 22,
    user: settings.user,
    hostKeyAlias,
  };
  let tokens: Tokens | undefined;
  const fileNameOf = (word: string, setting: Setting): string =>
    expandFileName(word, (tokens ??= fileTokens(destination)), files, setting);
  const fileNamesOf = (setting: Setting): string[] =>
    setting.words.filter((word) => !isNone(word)).map((word) => fileNameOf(word, setting));
  return {
    hostName: valueOf("hostname", (setting) => checkHost(settings.hostName, setting)),
    port,
    user: valueOf("user", (setting) => checkUser(wordOf(setting), setting)),
    identityFiles: settings.all("identityfile")?.flatMap(fileNamesOf),
    identitiesOnly: valueOf("identitiesonly", flagOf),
    identityAgent: valueOf("identityagent", (setting) => agentOf(setting, files, fileNameOf)),
    proxyJump: valueOf("proxy", (setting) => jumpHostsTo(destination, setting)),
    userKnownHostsFiles: valueOf("userknownhostsfile", fileNamesOf),
    globalKnownHostsFiles: valueOf("globalknownhostsfile", fileNamesOf),
    hostKeyAlias,
    hashKnownHosts: valueOf("hashknownhosts", flagOf),
    strictHostKeyChecking: valueOf("stricthostkeychecking", strictnessOf),
    connectTimeoutMs: valueOf("connecttimeout", durationMsOf),
    family: valueOf("addressfamily", familyOf),
    localAddress: valueOf("bindaddress", (setting) => (wordOf(setting) === "*" ? undefined : wordOf(setting))),
  };
}

function isNone(word: string): boolean {
  return word.toLowerCase() === "none";
}

function jumpHostsTo(
  { typedHost, host, port, user }: ExpandedDestination,
  setting: Setting,
): readonly JumpHost[] | null {
  if (setting.keyword === "proxycommand") {
    if (setting.words.length === 1 && isNone(wordOf(setting))) return null;
    throw unsupportedConfig(
      setting,
      "ProxyCommand is not supported, and is never ignored",
      "Write ProxyJump instead, or pass ssh: { proxyJump: … } with the hosts to go through, null for none",
    );
  }
  const hops = jumpHostsOf(setting, { h: host, n: typedHost, p: String(port), r: user });
  const self = hops?.find(
    (hop) => hop.host === typedHost && (hop.port ?? port) === port && (hop.user ?? user) === user,
  );
  if (self !== undefined) refuse(setting, `ProxyJump leads to ${typedHost} through itself`);
  return hops;
}

/** `SSH_AUTH_SOCK` and `$NAME` name variables; without a value there is no agent, as for ssh. */
function agentOf(
  setting: Setting,
  files: ConfigFiles,
  fileNameOf: (word: string, setting: Setting) => string,
): string | null {
  const word = wordOf(setting);
  if (isNone(word)) return null;
  const variable = word === "SSH_AUTH_SOCK" ? word : /^\$(\w+)$/.exec(word)?.[1];
  if (variable !== undefined) return files.variable(variable) ?? null;
  return fileNameOf(word, setting);
}

function familyOf(setting: Setting): 4 | 6 | undefined {
  const word = wordOf(setting).toLowerCase();
  if (word === "any") return undefined;
  if (word === "inet") return 4;
  return word === "inet6" ? 6 : refuse(setting, `AddressFamily ${word} is not one of any, inet, inet6`);
}

/** Keys that somebody took care to revoke are not accepted because the list has a form that is not read. */
function refuseRevocationList(setting: Setting): void {
  if (!isNone(wordOf(setting)))
    refuse(setting, "RevokedHostKeys is not supported, and is never ignored; revoke keys with @revoked in known_hosts");
}

function refuse(setting: Setting, reason: string): never {
  throw unsupportedConfig(setting, reason);
}
