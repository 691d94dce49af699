import type { SshServer, SshServerCounts, SshServerUser } from "../../drivers/ssh2-server.ts";
import { generateSshKey, startSshServer } from "../../drivers/ssh2-server.ts";
import { extension } from "../../schemes/sftp/protocol/messages.ts";
import { FileTree } from "../../schemes/memory/file-tree.ts";
import type { SftpReaction, SftpRequestName } from "./sftp-session.ts";
import { SftpSession } from "./sftp-session.ts";

export interface SftpServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Who is let in, and how. Default: `joe` with a password that is made up. */
  readonly users?: Readonly<Record<string, SshServerUser>>;
  /** Types of its host keys, which are made when it starts. Default ed25519. */
  readonly hostKeyTypes?: readonly ("ed25519" | "rsa" | "ecdsa")[];
  /** Private host keys to use instead, so that a server can come back with the same. */
  readonly hostKeys?: readonly { readonly private: string; readonly public: string }[];
  /** What it serves; to be kept where it shall outlive the server. Default: an empty tree with the login directory `/home/joe`. */
  readonly tree?: FileTree;
  /** The login directory. Made if missing. */
  readonly home?: string;
  /** SFTP extensions. Default: all that it knows, as OpenSSH has them. */
  readonly extensions?: readonly string[];
  readonly maxSessions?: number;
  /** Whether it is a jump host, to this machine only. Default true. */
  readonly forwards?: boolean;
  /** Called for every request: how it is answered. For tests of faults. */
  readonly onRequest?: (name: SftpRequestName) => SftpReaction;
}

/** Extensions that the server knows. */
export const sftpServerExtensions: readonly string[] = [
  extension.posixRename,
  extension.hardlink,
  extension.fsync,
  extension.limits,
  extension.copyData,
];

/** An SFTP server in this process that serves a tree in memory and counts everything: for tests, and for machines without a server. */
export class SftpServer implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly tree: FileTree;
  /** Lines of known_hosts for it. */
  readonly knownHosts: string;
  readonly hostKeys: readonly { readonly private: string; readonly public: string }[];
  /** Requests answered so far, by name. */
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
  const {
    host = "127.0.0.1",
    users = { joe: { password: `made up ${Math.random()}` } },
    hostKeyTypes = ["ed25519"],
  } = options;
  const {
    tree = new FileTree(),
    extensions = sftpServerExtensions,
    maxSessions = 10,
    forwards = true,
    onRequest = () => "answer",
  } = options;
  const [first] = Object.entries(users);
  if (first === undefined) throw new RangeError("an SFTP server needs a user");
  const [user, { password = "" }] = first;
  const { home = `/home/${user}` } = options;
  const hostKeys = options.hostKeys ?? (await Promise.all(hostKeyTypes.map((type) => generateSshKey(type))));
  const requests = new Map<SftpRequestName, number>();
  const counted = (name: SftpRequestName): void => void requests.set(name, (requests.get(name) ?? 0) + 1);
  makeDirectories(tree, home);
  const server: SshServer = await startSshServer({
    host,
    users,
    maxSessions,
    forwards,
    hostKeys: hostKeys.map((key) => key.private),
    serveSftp: (channel) =>
      void new SftpSession(channel, { tree, home, extensions, counted, onRequest, drop: () => server.sever() }),
  });
  return new SftpServer(server, { host, user, password, tree, hostKeys, requests });
}

function makeDirectories(tree: FileTree, path: string): void {
  let made = "";
  for (const segment of path.split("/").filter((part) => part !== "")) {
    made += `/${segment}`;
    try {
      tree.mkdir(made);
    } catch {
      tree.stat(made); // It is there already; whatever else it was shows here.
    }
  }
}
