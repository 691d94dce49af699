import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { findProgram } from "./find-servers.ts";
import { PureFtpdAuthority } from "./pureftpd-authority.ts";
import { RealFtpServer, tlsFiles, writeTlsFiles } from "./real-ftp-server.ts";
import type { ServerPlace, ServerProcess } from "./server-process.ts";
import { startServerProcess } from "./server-process.ts";
import type { TemporaryAccount } from "./temporary-account.ts";

export interface PureFtpdOptions {
  /** Arguments beside ours, such as `["--maxidletime", "1"]`; they come last. */
  readonly args?: readonly string[];
  /** It has no implicit TLS, and takes any session for data connections. Default: none. */
  readonly tls?: "explicit";
  /** Whether the user sees nothing but its own directory, as `/`, or the whole machine, with that directory to log in to. Default true. */
  readonly chrooted?: boolean;
  /** Control connections at once. Default: its own limit of 50. */
  readonly maxClients?: number;
  /** Control connections at once from one address. Default: no limit. */
  readonly maxPerIp?: number;
}

/**
 * A real Pure-FTPd. Needs root: see `canAddAccounts`. It logs to syslog alone, so nothing tells the connections that it accepted: put a tap before
 * it to count them. A login waits for this process to answer, and one that fails takes seconds.
 */
export class PureFtpdServer extends RealFtpServer {
  readonly #authority: PureFtpdAuthority;

  constructor(server: ServerProcess, authority: PureFtpdAuthority, { tls, chrooted = true }: PureFtpdOptions) {
    const { name: user, password, home: root } = server.place.account as TemporaryAccount;
    super(server, { user, password, root, tls, chrooted });
    this.#authority = authority;
  }

  get logins(): number {
    return this.#authority.logins;
  }

  override kill(): void {
    this.#authority.close();
    super.kill();
  }
}

/** Starts Pure-FTPd in a temporary folder and waits until it listens. Rejects where it is not installed or says that it cannot. */
export async function startPureFtpd(options: PureFtpdOptions = {}): Promise<PureFtpdServer> {
  const program = findProgram("pure-ftpd");
  if (program === undefined) throw new Error("pure-ftpd is not installed (Debian: apt-get install pure-ftpd)");
  const authority = new PureFtpdAuthority();
  const { chrooted = true } = options;
  try {
    const server = await startServerProcess({
      name: "pure-ftpd",
      account: true,
      command: async (place) => {
        const account = place.account as TemporaryAccount;
        await authority.listen(socketFile(place), account, chrooted ? `${account.home}/./` : account.home);
        return [program, ...(await argumentsOf(place, options))];
      },
    });
    return new PureFtpdServer(server, authority, options);
  } catch (error) {
    authority.close();
    throw error;
  }
}

async function argumentsOf(place: ServerPlace, options: PureFtpdOptions): Promise<string[]> {
  const { args = [], tls, maxClients, maxPerIp } = options;
  return [
    ...["--bind", `127.0.0.1,${place.port}`],
    ...["--login", `extauth:${socketFile(place)}`],
    ...["--pidfile", join(place.folder, "pid")],
    "--noanonymous",
    "--dontresolve",
    "--allowdotfiles",
    "--displaydotfiles",
    ...["--umask", "133:022"],
    // System users have low numbers.
    ...["--minuid", "1"],
    ...(maxClients === undefined ? [] : ["--maxclientsnumber", String(maxClients)]),
    ...(maxPerIp === undefined ? [] : ["--maxclientsperip", String(maxPerIp)]),
    ...(tls === undefined ? [] : ["--tls", "3", "--certfile", await writeTlsFile(place)]),
    ...args,
  ];
}

/** Pure-FTPd wants the certificate and its key in one file. */
async function writeTlsFile(place: ServerPlace): Promise<string> {
  await writeTlsFiles(place);
  const { cert, key } = tlsFiles(place);
  const both = join(place.folder, "pure-ftpd.pem");
  await writeFile(both, (await readFile(cert, "utf8")) + (await readFile(key, "utf8")), { mode: 0o600 });
  return both;
}

function socketFile({ folder }: ServerPlace): string {
  return join(folder, "authority");
}
