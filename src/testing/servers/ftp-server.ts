import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import type { SecureVersion } from "node:tls";

import { FileTree } from "../../schemes/memory/file-tree.ts";
import { FtpConnection } from "./ftp-connection.ts";
import type { FtpFeature } from "./ftp-features.ts";
import { ftpServerFeatures } from "./ftp-features.ts";
import { FtpLimits } from "./ftp-limits.ts";
import type { FtpCommandHook, FtpSecurity, FtpServerCounts, FtpSite } from "./ftp-site.ts";
import { makeDirectories } from "./make-directories.ts";
import type { TlsIdentity } from "./tls-identity.ts";
import { generateTlsIdentity } from "./tls-identity.ts";

/** Options of `startFtpServer`. */
export interface FtpServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Names with their passwords. Default: `joe` with a password that is made up; none where `anonymous` is all that is said. */
  readonly users?: Readonly<Record<string, string>>;
  /** Lets in whoever says `anonymous` or `ftp`, with any password, to read. Default false. */
  readonly anonymous?: boolean;
  /** What the users' ACCT has to say, after the password. Default: no account is asked for. */
  readonly account?: string;
  /** What it serves; to be kept where it shall outlive the server. Default: an empty tree with the login directory. */
  readonly tree?: FileTree;
  /** The login directory. Made if missing. Default `/home/` and the first user. */
  readonly home?: string;
  /** TLS from AUTH on, or from the first byte. Default: none. */
  readonly tls?: "explicit" | "implicit";
  /** Its certificate. Default: one that is made for it and signed by itself. */
  readonly identity?: TlsIdentity;
  /** Whether data connections have to resume a TLS session of their control connection, as vsftpd's `require_ssl_reuse` wants. Default false. */
  readonly requireSessionReuse?: boolean;
  /** Whether a server with TLS takes logins and data in the clear too. Default false. */
  readonly allowPlain?: boolean;
  /** PEM of the authority that clients' certificates have to be from. Default: none are asked for. */
  readonly clientCa?: string;
  /** The newest TLS that it speaks: sessions of TLS 1.2 are resumed in another way than those of 1.3. */
  readonly maxTlsVersion?: SecureVersion;
  /** What it knows. Default: everything. vsftpd is one without `MLST` and `MFMT`. */
  readonly features?: readonly FtpFeature[];
  /** The form of LIST. Default `"unix"`. */
  readonly listing?: "unix" | "dos";
  /** How names are bytes. Default UTF-8; with Latin-1 a name in the tree can be bytes that are no UTF-8, and FEAT does not name UTF8. */
  readonly encoding?: "utf8" | "latin1";
  /** The greeting, of any number of lines. */
  readonly welcome?: string;
  /** Whether every reply of its own that may have several lines has them. Default false. */
  readonly multiline?: boolean;
  /** Whether a failure says why, as ProFTPD does, or only that, as vsftpd does. Default false. */
  readonly tellsReasons?: boolean;
  /** Whether LIST of what is not there is an empty listing, as vsftpd has it, or a failure. Default false. */
  readonly listsMissingAsEmpty?: boolean;
  /** Control connections at once. Default: no limit. */
  readonly maxConnections?: number;
  /** Control connections at once from one address. Default: no limit. */
  readonly maxConnectionsPerHost?: number;
  /** What is said to one too many, who is sent away: a 421 in the place of the greeting, any other code at the login. Default a 421. */
  readonly limitReply?: string;
  /** After that long without a command, 421 is said and the connection closed. Default: never. */
  readonly idleTimeoutMs?: number;
  /** Called for every command when its turn comes: what becomes of it, now or later. For tests of faults. */
  readonly onCommand?: FtpCommandHook;
}

/** An FTP server in this process that serves a tree in memory and counts everything: for tests, and for machines without a server. */
export class FtpServer implements AsyncDisposable {
  /** Where it listens. */
  readonly host: string;
  /** A free one. */
  readonly port: number;
  /** The first user, with its password; `anonymous` where there is no other. */
  readonly user: string;
  /** That user's. */
  readonly password: string;
  /** What it serves. */
  readonly tree: FileTree;
  /** The certificate to trust, as PEM; nothing where there is no TLS. */
  readonly ca: string | undefined;
  /** How many commands came, by verb in capitals. */
  readonly commands: ReadonlyMap<string, number>;
  /** What it counted so far. */
  readonly counts: Readonly<FtpServerCounts>;
  readonly #listener: Server;
  readonly #site: FtpSite;
  /** Each with its end. */
  readonly #connections = new Map<FtpConnection, Promise<void>>();
  #closing: Promise<unknown> | undefined;

  constructor(listener: Server, site: FtpSite, facts: Pick<FtpServer, "host" | "user" | "password" | "commands">) {
    this.#listener = listener;
    this.#site = site;
    this.host = facts.host;
    this.port = (listener.address() as AddressInfo).port;
    this.user = facts.user;
    this.password = facts.password;
    this.tree = site.tree;
    this.ca = site.security?.identity.cert;
    this.commands = facts.commands;
    this.counts = site.counts;
    listener.on("connection", (socket) => this.#accept(socket));
  }

  /** The login directory's URL, without the password. */
  get url(): string {
    const schemes = { explicit: "ftpes", implicit: "ftps" } as const;
    const scheme = this.#site.security === undefined ? "ftp" : schemes[this.#site.security.mode];
    const host = this.host.includes(":") ? `[${this.host}]` : this.host;
    const user = this.#site.users.size === 0 ? "" : `${encodeURIComponent(this.user)}@`;
    return `${scheme}://${user}${host}:${this.port}/~/`;
  }

  /** Control connections that were let in so far. */
  get accepted(): number {
    return this.counts.accepted;
  }

  /** Control connections open now. */
  get open(): number {
    return this.#site.limits.guests;
  }

  /** Data connections accepted so far. */
  get dataConnections(): number {
    return this.counts.dataConnections;
  }

  /** Control connections that may be open at once; it can be changed at any time, and sends nobody away who is there. */
  get maxConnections(): number {
    return this.#site.limits.maxConnections;
  }

  set maxConnections(connections: number) {
    this.#site.limits.maxConnections = connections;
  }

  /** The same for those from one address. */
  get maxConnectionsPerHost(): number {
    return this.#site.limits.maxConnectionsPerHost;
  }

  set maxConnectionsPerHost(connections: number) {
    this.#site.limits.maxConnectionsPerHost = connections;
  }

  /** Resets every connection, as a network does. */
  sever(): void {
    for (const connection of this.#connections.keys()) connection.sever();
  }

  /** Ends every connection and stops. Closing twice is harmless. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    for (const connection of this.#connections.keys()) connection.close();
    this.#listener.close();
    await Promise.all([once(this.#listener, "close"), ...this.#connections.values()]);
  }

  #accept(socket: Socket): void {
    const connection = new FtpConnection(this.#site, socket);
    const served = connection.serve().finally(() => this.#connections.delete(connection));
    this.#connections.set(connection, served);
  }
}

/** Starts an FTP server on a free port of this machine. */
export async function startFtpServer(options: FtpServerOptions = {}): Promise<FtpServer> {
  const { host = "127.0.0.1", anonymous = false, encoding = "utf8", features = ftpServerFeatures } = options;
  const users = options.users ?? { joe: randomUUID() };
  const [first] = Object.entries(users);
  if (first === undefined && !anonymous) throw new RangeError("an FTP server needs a user");
  const [user, password] = first ?? ["anonymous", ""];
  const { tree = new FileTree(), home = first === undefined ? "/" : `/home/${user}` } = options;
  makeDirectories(tree, home);
  const commands = new Map<string, number>();
  const site: FtpSite = {
    tree,
    home,
    users: new Map(Object.entries(users)),
    anonymous,
    account: options.account,
    features: new Set(encoding === "utf8" ? features : features.filter((feature) => feature !== "UTF8")),
    listing: options.listing ?? "unix",
    encoding,
    welcome: options.welcome ?? "samewire is listening.",
    multiline: options.multiline ?? false,
    tellsReasons: options.tellsReasons ?? false,
    listsMissingAsEmpty: options.listsMissingAsEmpty ?? false,
    idleTimeoutMs: options.idleTimeoutMs ?? Infinity,
    security: await securityOf(host, options),
    limits: new FtpLimits({
      maxConnections: options.maxConnections ?? Infinity,
      maxConnectionsPerHost: options.maxConnectionsPerHost ?? Infinity,
      reply: options.limitReply,
    }),
    onCommand: options.onCommand,
    counts: {
      accepted: 0,
      maxOpen: 0,
      refused: 0,
      logins: 0,
      refusedLogins: 0,
      dataConnections: 0,
      dataSessionsResumed: 0,
    },
    counted: (verb) => commands.set(verb, (commands.get(verb) ?? 0) + 1),
  };
  const listener = createServer({ allowHalfOpen: true, noDelay: true });
  listener.listen(0, host);
  await once(listener, "listening");
  return new FtpServer(listener, site, { host, user, password, commands });
}

async function securityOf(host: string, options: FtpServerOptions): Promise<FtpSecurity | undefined> {
  const { tls: mode, requireSessionReuse = false, allowPlain = false, clientCa, maxTlsVersion: maxVersion } = options;
  if (mode === undefined) return undefined;
  const identity = options.identity ?? (await generateTlsIdentity({ names: [...new Set([host, "localhost"])] }));
  return { mode, identity, requireSessionReuse, allowPlain, clientCa, maxVersion };
}
