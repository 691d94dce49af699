import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { findProgram } from "./find-servers.ts";
import type { FtpSecurity } from "./real-ftp-server.ts";
import { RealFtpServer, logFile, tlsFiles, writeTlsFiles } from "./real-ftp-server.ts";
import type { ServerPlace, ServerProcess } from "./server-process.ts";
import { startServerProcess } from "./server-process.ts";
import type { TemporaryAccount } from "./temporary-account.ts";

export interface ProftpdOptions {
  /** Directives beside ours, such as `TimeoutIdle 1` or `MaxClientsPerUser 2`; they come last. */
  readonly config?: readonly string[];
  /** Data connections have to resume the session of their control connection. Default: none. */
  readonly tls?: FtpSecurity;
  /** Whether the user sees nothing but its own directory, as `/`, or the whole machine, with that directory to log in to. Default true. */
  readonly chrooted?: boolean;
  /** Users at once; one too many is told so after the password. Default: no limit. */
  readonly maxClients?: number;
  /** Users at once from one address; one too many is told so after the password. Default: no limit. */
  readonly maxClientsPerHost?: number;
  /** Control connections at once from one address; one too many is told so in the place of the greeting. Default: no limit. */
  readonly maxConnectionsPerHost?: number;
}

/** A real ProFTPD. Needs root: see `canAddAccounts`. */
export class ProftpdServer extends RealFtpServer {
  constructor(server: ServerProcess, { tls, chrooted = true }: ProftpdOptions) {
    const { name: user, password, home: root } = server.place.account as TemporaryAccount;
    super(server, { user, password, root, tls, chrooted });
  }

  /** Control connections that ProFTPD let in, those among them that it refused at the login. */
  get accepted(): number {
    return this.countInLog(/: FTP session opened\.$/gm);
  }

  /** Control connections and logins that ProFTPD turned away since there were too many. It says so first, and logs it then. */
  get refused(): number {
    return this.countInLog(/: Connection refused \(Max\w+ \d+\)$/gm);
  }

  get logins(): number {
    return this.countInLog(/: USER \S+: Login successful\.$/gm);
  }
}

/** Starts ProFTPD in a temporary folder and waits until it listens. Rejects where it is not installed or says that it cannot. */
export async function startProftpd(options: ProftpdOptions = {}): Promise<ProftpdServer> {
  const program = findProgram("proftpd");
  if (program === undefined)
    throw new Error("proftpd is not installed (Debian: apt-get install proftpd-core proftpd-mod-crypto)");
  const server = await startServerProcess({
    name: "proftpd",
    account: true,
    command: async (place) => {
      if (options.tls !== undefined) await writeTlsFiles(place);
      const configFile = join(place.folder, "proftpd.conf");
      const lines = [...configOf(place, program, options), ...(options.config ?? [])];
      await writeFile(configFile, `${lines.join("\n")}\n`);
      return [program, "--nodaemon", "--config", configFile];
    },
  });
  return new ProftpdServer(server, options);
}

function configOf(place: ServerPlace, program: string, options: ProftpdOptions): string[] {
  const { tls, chrooted = true, maxClients, maxClientsPerHost, maxConnectionsPerHost } = options;
  const limit = (directive: string, most: number | undefined): string[] =>
    most === undefined ? [] : [`${directive} ${most}`];
  return [
    `ModulePath ${resolve(program, "../../lib/proftpd")}`,
    'ServerName "samewire test"',
    "ServerType standalone",
    "DefaultAddress 127.0.0.1",
    "SocketBindTight on",
    `Port ${place.port}`,
    "UseIPv6 off",
    "UseReverseDNS off",
    "User nobody",
    "Group nogroup",
    "MaxInstances none",
    // Of /etc/shadow itself: PAM's service for ProFTPD comes with its package, which may be unpacked only.
    "AuthPAM off",
    "AuthOrder mod_auth_unix.c",
    "RequireValidShell off",
    ...(chrooted ? ["DefaultRoot ~"] : []),
    "Umask 022",
    "AllowOverwrite on",
    "AllowStoreRestart on",
    "TimesGMT on",
    "ControlsEngine off",
    "DelayEngine off",
    "WtmpLog off",
    `PidFile ${join(place.folder, "pid")}`,
    `ScoreboardFile ${join(place.folder, "scoreboard")}`,
    `SystemLog ${logFile(place)}`,
    ...limit("MaxClients", maxClients),
    ...limit("MaxClientsPerHost", maxClientsPerHost),
    ...limit("MaxConnectionsPerHost", maxConnectionsPerHost),
    ...(tls === undefined ? [] : tlsConfig(place, tls)),
  ];
}

function tlsConfig(place: ServerPlace, tls: FtpSecurity): string[] {
  const { cert, key } = tlsFiles(place);
  return [
    "LoadModule mod_tls.c",
    "TLSEngine on",
    "TLSRequired on",
    "TLSProtocol TLSv1.2 TLSv1.3",
    `TLSECCertificateFile ${cert}`,
    `TLSECCertificateKeyFile ${key}`,
    `TLSLog ${join(place.folder, "tls.log")}`,
    ...(tls === "implicit" ? ["TLSOptions UseImplicitSSL"] : []),
  ];
}
