import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { findProgram } from "./find-servers.ts";
import type { FtpSecurity } from "./real-ftp-server.ts";
import { RealFtpServer, logFile, tlsFiles, writeTlsFiles } from "./real-ftp-server.ts";
import type { ServerPlace, ServerProcess } from "./server-process.ts";
import { startServerProcess } from "./server-process.ts";
import type { TemporaryAccount } from "./temporary-account.ts";

export interface VsftpdLimits {
  /** Control connections at once from one address. Default: no limit. */
  readonly maxPerIp?: number;
  /** Control connections at once. Default: no limit. */
  readonly maxClients?: number;
}

export interface VsftpdOptions extends VsftpdLimits {
  /** Lines of vsftpd.conf such as `idle_session_timeout=1`; they come last, and the last value wins. */
  readonly config?: readonly string[];
  /** Data connections have to resume the session of their control connection. Default: none. */
  readonly tls?: FtpSecurity;
  /** Whether also whoever says `anonymous` is let in, to read the same directory. Default false. */
  readonly anonymous?: boolean;
  /** Whether the user sees nothing but its own directory, as `/`, or the whole machine, with that directory to log in to. Default true. */
  readonly chrooted?: boolean;
}

/** A real vsftpd. Needs root: see `canAddAccounts`. */
export class VsftpdServer extends RealFtpServer {
  readonly #process: ServerProcess;
  readonly #options: VsftpdOptions;

  constructor(server: ServerProcess, options: VsftpdOptions) {
    const { name: user, password, home: root } = server.place.account as TemporaryAccount;
    super(server, { user, password, root, tls: options.tls, chrooted: options.chrooted ?? true });
    this.#process = server;
    this.#options = options;
  }

  /** Control connections that vsftpd let in. */
  get accepted(): number {
    return this.countInLog(/ CONNECT: Client "[^"]*"$/gm);
  }

  /** Control connections that vsftpd turned away at once since there were too many. */
  get refused(): number {
    return this.countInLog(/ CONNECT: Client "[^"]*", "Connection refused: too many sessions/gm);
  }

  get logins(): number {
    return this.countInLog(/ OK LOGIN: Client /gm);
  }

  /**
   * Changes the limits of the running server, for the connections that come from now on; those not named are lifted. What is open stays open.
   * vsftpd reads its configuration again before it looks at the next connection.
   */
  async reconfigure(limits: VsftpdLimits): Promise<void> {
    await writeConfig(this.#process.place, { ...this.#options, maxPerIp: 0, maxClients: 0, ...limits });
    this.#process.signal("SIGHUP");
  }
}

/** Starts vsftpd in a temporary folder and waits until it listens. Rejects where it is not installed or says that it cannot. */
export async function startVsftpd(options: VsftpdOptions = {}): Promise<VsftpdServer> {
  const program = findProgram("vsftpd");
  if (program === undefined) throw new Error("vsftpd is not installed (Debian: apt-get install vsftpd)");
  const server = await startServerProcess({
    name: "vsftpd",
    account: true,
    command: async (place) => {
      await mkdir(emptyFolder(place));
      if (options.tls !== undefined) await writeTlsFiles(place);
      await writeConfig(place, options);
      // What stops it from starting it tells to its standard input, as if a client were there.
      return ["sh", "-c", 'exec "$@" 0>&1', "sh", program, configFile(place)];
    },
  });
  return new VsftpdServer(server, options);
}

async function writeConfig(place: ServerPlace, options: VsftpdOptions): Promise<void> {
  const lines = [...configOf(place, options), ...(options.config ?? [])];
  await writeFile(configFile(place), `${lines.join("\n")}\n`);
}

function configOf(place: ServerPlace, options: VsftpdOptions): string[] {
  const { tls, anonymous = false, chrooted = true, maxPerIp = 0, maxClients = 0 } = options;
  const { home } = place.account as TemporaryAccount;
  return [
    "listen=YES",
    "listen_address=127.0.0.1",
    `listen_port=${place.port}`,
    "background=NO",
    // Namespaces and system call filters of its own fail inside those of a container.
    "isolate=NO",
    "isolate_network=NO",
    "seccomp_sandbox=NO",
    `secure_chroot_dir=${emptyFolder(place)}`,
    // PAM's service for all that have none: vsftpd's own one wants a login shell, which this user does not have.
    "pam_service_name=other",
    "local_enable=YES",
    "write_enable=YES",
    "local_umask=022",
    "delay_failed_login=0",
    `chroot_local_user=${chrooted ? "YES" : "NO"}`,
    "allow_writeable_chroot=YES",
    "utf8_filesystem=YES",
    "use_localtime=NO",
    "hide_ids=YES",
    "xferlog_enable=YES",
    "log_ftp_protocol=YES",
    `vsftpd_log_file=${logFile(place)}`,
    `max_per_ip=${maxPerIp}`,
    `max_clients=${maxClients}`,
    `anonymous_enable=${anonymous ? "YES" : "NO"}`,
    // As the user ftp, who comes with the package: for anonymous ones vsftpd wants a directory in which they cannot write.
    ...(anonymous ? [`anon_root=${home}`] : []),
    ...(tls === undefined ? [] : tlsConfig(place, tls)),
  ];
}

function tlsConfig(place: ServerPlace, tls: FtpSecurity): string[] {
  const { cert, key } = tlsFiles(place);
  return [
    "ssl_enable=YES",
    `implicit_ssl=${tls === "implicit" ? "YES" : "NO"}`,
    // Its words for them are of a time when all keys were RSA's.
    `rsa_cert_file=${cert}`,
    `rsa_private_key_file=${key}`,
    "ssl_ciphers=HIGH",
    "force_local_logins_ssl=YES",
    "force_local_data_ssl=YES",
    "allow_anon_ssl=YES",
    "force_anon_logins_ssl=YES",
    "force_anon_data_ssl=YES",
    "require_ssl_reuse=YES",
  ];
}

function configFile({ folder }: ServerPlace): string {
  return join(folder, "vsftpd.conf");
}

/** Where vsftpd locks itself in while it has nothing to do with files. */
function emptyFolder({ folder }: ServerPlace): string {
  return join(folder, "empty");
}
