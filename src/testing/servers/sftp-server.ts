import { randomUUID } from "node:crypto";

import type {
  SshLoginAttempt,
  SshLoginReaction,
  SshServer,
  SshServerCounts,
  SshServerUsers,
} from "../../drivers/ssh-server.ts";
import type { SshKeyPair } from "../../drivers/ssh2-server.ts";
import { generateSshKey, startSshServer } from "../../drivers/ssh2-server.ts";
import { FileTree } from "../../schemes/memory/file-tree.ts";
import { fingerprintOf } from "../../schemes/sftp/host-key.ts";
import { makeDirectories } from "./make-directories.ts";
import { sftpExtensions } from "./sftp-extensions.ts";
import type { SftpReaction, SftpRequestName } from "./sftp-session.ts";
import { SftpSession } from "./sftp-session.ts";

/** Options of `startSftpServer`. */
export interface SftpServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Who is let in, and how. Default: `joe` with a password that is made up. */
  readonly users?: SshServerUsers;
  /** Types of its host keys, which are made when it starts. Default ed25519. */
  readonly hostKeyTypes?: readonly ("ed25519" | "rsa" | "ecdsa")[];
  /** Private host keys to use instead, so that a server can come back with the same. */
  readonly hostKeys?: readonly SshKeyPair[];
  /** What it serves; to be kept where it shall outlive the server. Default: an empty tree with the login directory `/home/joe`. */
  readonly tree?: FileTree;
  /** The login directory. Made if missing. */
  readonly home?: string;
  /** SFTP extensions. Default: all that it knows, as OpenSSH has them. */
  readonly extensions?: readonly string[];
  /** Sessions that a connection may have open at once. Default 10, as OpenSSH's MaxSessions. */
  readonly maxSessions?: number;
  /** Files and directories that a session may have open at once; it says so, and fails beyond it, as OpenSSH does. Default any number. */
  readonly maxHandles?: number;
  /** Whether it is a jump host, to this machine only. Default true. */
  readonly forwards?: boolean;
  /** How names are bytes. Default UTF-8; with Latin-1 a name in the tree can be bytes that are no UTF-8. */
  readonly encoding?: "utf8" | "latin1";
  /**
   * What follows `SSH-2.0-` in its identification. Default `OpenSSH_9.2 samewire`, because clients go by the name for what the draft leaves open (the
   * size of packets, the order of SYMLINK); with any other name it takes SYMLINK as the draft has it.
   */
  readonly ident?: string;
  /** Text that is shown to whoever logs in. */
  readonly banner?: string;
  /** Called for every request to be let in: what becomes of it, now or later. For tests of faults. */
  readonly onLogin?: (attempt: SshLoginAttempt) => SshLoginReaction | Promise<SshLoginReaction>;
  /**
   * Called for every SFTP request: how it is answered. Gets the first path that the request names, or that its handle was opened by. For tests of
   * faults.
   */
  readonly onRequest?: (name: SftpRequestName, path: string | undefined) => SftpReaction;
}

/** Extensions that the server knows. */
export const sftpServerExtensions: readonly string[] = Object.keys(sftpExtensions);

/** An SFTP server in this process that serves a tree in memory and counts everything: for tests, and for machines without a server. */
export class SftpServer implements AsyncDisposable {
  /** Where it listens. */
  readonly host: string;
  /** A free one. */
  readonly port: number;
  /** The first one who is let in. */
  readonly user: string;
  /** The user's. */
  readonly password: string;
  /** What it serves. */
  readonly tree: FileTree;
  /** Lines of known_hosts for it. */
  readonly knownHosts: string;
  /** Whom clients have to trust. */
  readonly hostKeys: readonly SshKeyPair[];
  /** SFTP requests received so far, by name. */
  readonly requests: ReadonlyMap<SftpRequestName, number>;
  readonly #server: SshServer;

  constructor(
    server: SshServer,
    facts: Pick<SftpServer, "host" | "user" | "password" | "tree" | "hostKeys" | "requests">,
  ) {
    this.#server = server;
    this.host = facts.host;
    this.port = server.port;
    this.user = facts.user;
    this.password = facts.password;
    this.tree = facts.tree;
    this.hostKeys = facts.hostKeys;
    this.requests = facts.requests;
    const name = `[${this.host}]:${this.port}`;
    this.knownHosts = facts.hostKeys.map((key) => `${name} ${key.public.trim()}\n`).join("");
  }

  /** The login directory's URL, without the password. */
  get url(): string {
    const host = this.host.includes(":") ? `[${this.host}]` : this.host;
    return `sftp://${encodeURIComponent(this.user)}@${host}:${this.port}/~/`;
  }

  /** Of its host keys, as the option of that name takes them. */
  get hostKeyFingerprints(): readonly string[] {
    return this.hostKeys.map((key) => fingerprintOf(Buffer.from(key.public.split(" ")[1] ?? "", "base64")));
  }

  /** What it counted so far. */
  get counts(): Readonly<SshServerCounts> {
    return this.#server.counts;
  }

  /** Connections accepted so far. */
  get accepted(): number {
    return this.#server.counts.accepted;
  }

  /** Connections open now. */
  get open(): number {
    return this.#server.open;
  }

  /** Resets every connection, as a network does. */
  sever(): void {
    this.#server.sever();
  }

  /** Ends every connection and stops. Closing twice is harmless. */
  close(): Promise<void> {
    return this.#server.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Starts an SFTP server on a free port of this machine. */
export async function startSftpServer(options: SftpServerOptions = {}): Promise<SftpServer> {
  const { users = { joe: { password: randomUUID() } }, hostKeyTypes = ["ed25519"], onRequest } = options;
  const { tree = new FileTree(), extensions = sftpServerExtensions, encoding = "utf8" } = options;
  const { host = "127.0.0.1", ident = "OpenSSH_9.2 samewire", banner } = options;
  const { maxSessions = 10, maxHandles = 0, forwards = true, onLogin = () => "answer" } = options;
  const [first] = Object.entries(users);
  if (first === undefined) throw new RangeError("an SFTP server needs a user");
  const [user, { password = "" }] = first;
  const { home = `/home/${user}` } = options;
  const hostKeys = options.hostKeys ?? (await Promise.all(hostKeyTypes.map((type) => generateSshKey(type))));
  const requests = new Map<SftpRequestName, number>();
  makeDirectories(tree, home);
  const server = await startSshServer({
    host,
    users,
    ident,
    banner,
    maxSessions,
    forwards,
    onLogin,
    hostKeys: hostKeys.map((key) => key.private),
    serveSftp: (channel, peer) => {
      const session = new SftpSession(channel, {
        tree,
        home,
        encoding,
        extensions,
        maxHandles,
        onRequest,
        // OpenSSH's client has it in the order of its own server, whoever the server is.
        linkTargetFirst: isLikeOpenSsh(`SSH-2.0-${ident}`) || isLikeOpenSsh(peer.ident),
        counted: (name) => requests.set(name, (requests.get(name) ?? 0) + 1),
        drop: () => peer.drop(),
      });
      return () => session.end();
    },
  });
  return new SftpServer(server, { host, user, password, tree, hostKeys, requests });
}

function isLikeOpenSsh(ident: string): boolean {
  return /^SSH-2\.0-(?:OpenSSH|dropbear)/.test(ident);
}
