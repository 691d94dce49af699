import type { Logger, SshOptions, TransportOptions } from "../index.ts";
import type { CommandLine } from "./command-line.ts";
import type { Messages } from "./messages.ts";
import { logLevels, sshClients } from "./option-table.ts";
import { askOnTerminal, confirmOnTerminal } from "./prompt.ts";
import { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** What the command line says of every connection. Questions are asked only where somebody sits at a terminal. */
export async function transportOptionsOf(line: CommandLine, messages: Messages): Promise<TransportOptions> {
  const timeoutMs = line.timeoutMs();
  const logger = await loggerOf(line.value("log"));
  const connections = line.count("connections");
  const [proxy, netrc] = [orNone(line.value("proxy")), orNone(line.value("netrc"))];
  const terminal = Terminal.find(messages);
  return {
    ssh: sshOptionsOf(line, terminal),
    ...(terminal !== undefined && { credentials: askOnTerminal(terminal) }),
    ...(connections !== undefined && { connections }),
    ...(proxy !== undefined && { proxy }),
    ...(netrc !== undefined && { netrc }),
    ...(timeoutMs !== undefined && { connectTimeoutMs: timeoutMs, silenceTimeoutMs: timeoutMs }),
    ...(logger !== undefined && { logger }),
  };
}

/** `null` for explicitly none. */
function orNone(value: string | undefined): string | null | undefined {
  return value === "none" ? null : value;
}

function sshOptionsOf(line: CommandLine, terminal: Terminal | undefined): SshOptions {
  const client = sshClientOf(line);
  const config = orNone(line.value("ssh-config"));
  const identityFile = line.values("identity");
  const knownHosts = line.values("known-hosts");
  const hostKeyFingerprints = line.values("host-key");
  const jumps = line.values("jump").flatMap((hosts) => hosts.split(","));
  return {
    ...(client !== undefined && { client }),
    ...(config !== undefined && { config }),
    ...(identityFile.length > 0 && { identityFile }),
    ...(knownHosts.length > 0 && { knownHosts }),
    ...(hostKeyFingerprints.length > 0 && { hostKeyFingerprints }),
    ...(jumps.length > 0 && { proxyJump: jumps.includes("none") ? null : jumps }),
    // The system's ssh asks nobody: it does what ssh_config says of unknown keys.
    ...(terminal !== undefined && client !== "openssh" && { unknownHostKey: confirmOnTerminal(terminal) }),
  };
}

function sshClientOf(line: CommandLine): SshOptions["client"] {
  const name = line.value("ssh-client");
  const client = sshClients.find((known) => known === name);
  if (client === name) return client;
  throw new UsageError(`--ssh-client ${name} is not one`, `Write one of ${sshClients.join(", ")}`);
}

const stderr = 2;

async function loggerOf(level: string | undefined): Promise<Logger | undefined> {
  if (level === undefined) return undefined;
  if (!logLevels.includes(level))
    throw new UsageError(`--log ${level} is not a level`, `Write one of ${logLevels.join(", ")}`);
  const { destination, pino } = await import("pino");
  const logger: Logger = pino({ level }, destination({ dest: stderr, sync: true }));
  return logger;
}
