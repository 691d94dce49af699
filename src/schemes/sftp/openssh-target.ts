import { connectTimeoutMs } from "../../connection/defaults.ts";
import type { OpenSshTarget } from "../../drivers/openssh.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import type { SshOptions } from "../../transport/ssh-options.ts";
import type { Destination } from "./destination.ts";
import { labelOf, readableDestination } from "./destination.ts";
import { isGiven, listOf } from "./given-option.ts";
import { urlOfText } from "./jump.ts";
import { defaultKnownHostsFiles } from "./known-hosts.ts";

/**
 * What a process of the system's `ssh` is told for a request: what the caller said, and nothing that ssh_config can say by itself.
 *
 * @throws TransportError `unsupported` for an option that no program can be told, or that ssh cannot
 */
export function openSshTarget(request: ConnectionRequest): OpenSshTarget {
  const { location, options } = request;
  const { ssh = {} } = options;
  for (const { given, hint } of refusals(request)) if (given !== undefined) throw refusal(request, given, hint);
  const destination = readableDestination(request);
  refuseNone(request, destination);
  return {
    host: location.typedHost,
    port: location.port,
    user: location.user ?? options.user ?? undefined,
    configFile: ssh.config,
    identityFiles: ssh.identityFile === undefined ? undefined : listOf(ssh.identityFile),
    agent: ssh.agent,
    knownHostsFiles: knownHostsFiles(request, destination),
    unknownHostKey: typeof ssh.unknownHostKey === "string" ? ssh.unknownHostKey : undefined,
    hostKeyAlias: ssh.hostKeyAlias ?? undefined,
    jumpHosts: ssh.proxyJump === undefined ? undefined : listOf(ssh.proxyJump).map((hop) => jumpHost(request, hop)),
    ciphers: ssh.ciphers ?? undefined,
    localAddress: options.localAddress ?? undefined,
    family: options.family,
    connectTimeoutMs: options.connectTimeoutMs ?? (isTimed(destination) ? undefined : connectTimeoutMs),
  };
}

interface Refusal {
  /** What was given, in words; undefined where it was not. */
  readonly given: string | undefined;
  readonly hint: string;
}

/** A secret is put neither on a command line nor into an environment, where others can see it. */
function refusals({ location, options }: ConnectionRequest): readonly Refusal[] {
  const { ssh = {} } = options;
  const when = (isSo: boolean, words: string): string | undefined => (isSo ? words : undefined);
  return [
    {
      given: when(isGiven(location.password ?? options.password), "a password"),
      hint: "Log in with a key or an agent",
    },
    { given: when(isGiven(ssh.privateKey), "ssh.privateKey"), hint: "Name the key's file with ssh.identityFile" },
    { given: when(isGiven(ssh.passphrase), "ssh.passphrase"), hint: "Add the key to an agent with ssh-add" },
    {
      given: when(isGiven(ssh.hostKeyFingerprints), "ssh.hostKeyFingerprints"),
      hint: "Name a file that has the host's key with ssh.knownHosts",
    },
    {
      given: when(typeof ssh.unknownHostKey === "function", "a callback as ssh.unknownHostKey"),
      hint: 'Say "refuse", "accept" or "accept-and-record"',
    },
    { given: when(isGiven(options.lookup), "a lookup of its own"), hint: "Say HostName in ssh_config" },
    { given: when(isGiven(options.proxy), "a proxy"), hint: "Say ProxyCommand in ssh_config" },
  ];
}

function refusal(request: ConnectionRequest, what: string, hint: string): TransportError {
  return new TransportError("unsupported", `OpenSSH's client takes no order like ${what}`, {
    operation: "connect",
    url: labelOf(request),
    hint: `${hint}; or leave out ssh: { client: "openssh" }`,
  });
}

/** Of what ssh_config says, this cannot be unsaid. */
function refuseNone(request: ConnectionRequest, destination: Destination | undefined): void {
  const { ssh = {}, localAddress } = request.options;
  if (ssh.hostKeyAlias === null && destination?.config.hostKeyAlias !== undefined)
    throw refusal(request, "ssh.hostKeyAlias: null where ssh_config has one", "Change ssh_config");
  if (localAddress === null && destination?.config.localAddress !== undefined)
    throw refusal(request, "localAddress: null where ssh_config has one", "Change ssh_config");
}

/** Where a key is accepted and nothing recorded, ssh is told the files, too, since the first of them is what it records to. */
function knownHostsFiles(
  request: ConnectionRequest,
  destination: Destination | undefined,
): readonly string[] | undefined {
  const { knownHosts, unknownHostKey }: SshOptions = request.options.ssh ?? {};
  if (knownHosts !== undefined) return listOf(knownHosts);
  if (unknownHostKey !== "accept") return undefined;
  if (destination === undefined)
    throw refusal(request, 'ssh.unknownHostKey: "accept" with this ssh_config', "Name the files with ssh.knownHosts");
  const { userKnownHostsFiles, globalKnownHostsFiles } = destination.config;
  const defaults = defaultKnownHostsFiles();
  return [...(userKnownHostsFiles ?? defaults.user), ...(globalKnownHostsFiles ?? defaults.global)];
}

/** `user@host:port`; the name is as safe as one in a URL. */
function jumpHost(request: ConnectionRequest, text: string): string {
  const { user, typedHost, port, password } = request.registry.parse(urlOfText(text));
  if (password !== undefined)
    throw refusal(request, "a password of a jump host", "Log in there with a key or an agent");
  const host = typedHost.includes(":") ? `[${typedHost}]` : typedHost;
  const hop = `${user === undefined ? "" : `${user}@`}${host}${port === undefined ? "" : `:${port}`}`;
  // A comma divides hosts, and a percent sign stands for something.
  if (/[,%]/.test(hop)) throw refusal(request, `the jump host ${hop}`, "Give it another name in ssh_config");
  return hop;
}

/** Whether ssh_config limits the connect, or may. */
function isTimed(destination: Destination | undefined): boolean {
  return destination === undefined || destination.config.connectTimeoutMs !== undefined;
}
