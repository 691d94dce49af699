import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { TlsIdentity } from "../../src/testing/servers/tls-identity.ts";
import { generateTlsIdentity } from "../../src/testing/servers/tls-identity.ts";
import type { ServerPlace, ServerProcess } from "./server-process.ts";

/** TLS from AUTH on, or from the first byte. It is required for logins and for data. */
export type FtpSecurity = "explicit" | "implicit";

const schemes = { plain: "ftp", explicit: "ftpes", implicit: "ftps" } as const;

export interface FtpServerFacts {
  readonly user: string;
  readonly password: string;
  readonly root: string;
  readonly tls: FtpSecurity | undefined;
  /** Whether the user sees nothing but `root`. */
  readonly chrooted: boolean;
}

/** A real FTP server on a free port of 127.0.0.1, for one user, who is not root. */
export abstract class RealFtpServer implements AsyncDisposable {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The user's own directory on this machine's disk, and the login directory. Removed with the server. */
  readonly root: string;
  /** What the user calls that directory: `/`, or its path on disk where the server shows the user the whole machine. */
  readonly directory: string;
  /** The certificate to trust, as PEM; nothing where there is no TLS. It is for `localhost` and `127.0.0.1`. */
  readonly ca: string | undefined;
  readonly scheme: "ftp" | "ftpes" | "ftps";
  readonly #process: ServerProcess;
  #log = "";

  constructor(server: ServerProcess, { user, password, root, tls, chrooted }: FtpServerFacts) {
    this.#process = server;
    this.port = server.place.port;
    this.user = user;
    this.password = password;
    this.root = root;
    this.directory = chrooted ? "/" : root;
    this.scheme = schemes[tls ?? "plain"];
    this.ca = tls === undefined ? undefined : readFileSync(tlsFiles(server.place).cert, "utf8");
  }

  /** Holds everything of this server; removed with it. */
  get folder(): string {
    return this.#process.place.folder;
  }

  /** What the server logged so far, with every command and reply where it can. A connection is logged before its greeting is sent. */
  get log(): string {
    this.#readLog();
    return this.#log + this.#process.output;
  }

  /** Logins that succeeded, as the server counted them. */
  abstract get logins(): number;

  /** Control connections that are open now: the server has one process for each. */
  get openConnections(): number {
    return this.#process.children;
  }

  /** The URL of what the user calls `path`, without the password. */
  url(path: string = this.directory, port: number = this.port): string {
    return `${this.scheme}://${this.user}@${this.host}:${port}${path}`;
  }

  /** How often the log says something. */
  countInLog(pattern: RegExp): number {
    return this.log.match(pattern)?.length ?? 0;
  }

  /** Ends the server and every connection to it, and removes what it left on this machine. The log stays. */
  async stop(): Promise<void> {
    this.kill();
    await this.#process.exited;
  }

  /** As `stop`, without waiting for the end. */
  kill(): void {
    this.#readLog();
    this.#process.kill();
  }

  /** Ends the server and every connection to it at once, as a loss of power does. All that it has stays where it is. */
  crash(): Promise<void> {
    return this.#process.crash();
  }

  /** Starts it anew after that, on the same port. */
  revive(): Promise<void> {
    return this.#process.revive();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #readLog(): void {
    try {
      this.#log = readFileSync(logFile(this.#process.place), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // Nothing was logged yet, or the server is gone.
    }
  }
}

export function logFile({ folder }: ServerPlace): string {
  return join(folder, "log");
}

export function tlsFiles({ folder }: ServerPlace): { readonly cert: string; readonly key: string } {
  return { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
}

/** Makes a certificate, with its key, for a server that has TLS. */
export async function writeTlsFiles(place: ServerPlace): Promise<void> {
  const identity: TlsIdentity = await generateTlsIdentity();
  const { cert, key } = tlsFiles(place);
  await writeFile(cert, identity.cert);
  await writeFile(key, identity.key, { mode: 0o600 });
}
