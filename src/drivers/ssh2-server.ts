import { once } from "node:events";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import { createServer } from "node:net";

import type { AuthContext } from "ssh2";

import type { SshServerConnectionCounts, SshServerConnectionOptions } from "./ssh2-server-connection.ts";
import { serveChannels } from "./ssh2-server-connection.ts";
import type { SshLoginAttempt, SshServerUsers } from "./ssh2-server-login.ts";
import { SshServerLogin, attemptOf } from "./ssh2-server-login.ts";
import type { Ssh2 } from "./ssh2-package.ts";
import { loadSsh2 } from "./ssh2-package.ts";

export type { SshServerPeer } from "./ssh2-server-connection.ts";
export type { SshLoginAttempt, SshServerUser, SshServerUsers } from "./ssh2-server-login.ts";

/** What becomes of a request to be let in: decided by the user's entry, refused whatever it is, or never answered. */
export type SshLoginReaction = "answer" | "refuse" | "silence";

export interface SshServerOptions extends SshServerConnectionOptions {
  readonly host: string;
  readonly users: SshServerUsers;
  /** Private host keys, in PEM or OpenSSH form. */
  readonly hostKeys: readonly string[];
  /** What follows `SSH-2.0-` in its identification. Clients go by it for what the protocol leaves open. */
  readonly ident: string;
  /** Text that is shown to whoever logs in. */
  readonly banner: string | undefined;
  readonly onLogin: (attempt: SshLoginAttempt) => SshLoginReaction | Promise<SshLoginReaction>;
}

/** What the server counted. */
export interface SshServerCounts extends SshServerConnectionCounts {
  accepted: number;
  maxOpen: number;
  /** Requests to be let in, by method. */
  logins: Partial<Record<SshLoginAttempt["method"], number>>;
}

/** An SSH server in this process, on a free port. */
export class SshServer {
  readonly counts: SshServerCounts = { accepted: 0, maxOpen: 0, logins: {}, sessions: 0, forwards: 0 };
  readonly #options: SshServerOptions;
  readonly #listener: NetServer;
  readonly #login: SshServerLogin;
  readonly #sockets = new Set<Socket>();
  #closing: Promise<unknown> | undefined;

  constructor(ssh2: Ssh2, options: SshServerOptions) {
    this.#options = options;
    this.#login = new SshServerLogin(ssh2, options.users);
    // The socket is made here and not by ssh2, which leaves Nagle's algorithm on.
    this.#listener = createServer({ noDelay: true }, (socket) => this.#accept(ssh2, socket));
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** Connections open now. */
  get open(): number {
    return this.#sockets.size;
  }

  async listen(): Promise<void> {
    this.#listener.listen(0, this.#options.host);
    await once(this.#listener, "listening");
  }

  /** Resets every connection. */
  sever(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Ends every connection and stops listening. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    const closed = [...this.#sockets].map((socket) => once(socket, "close"));
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
    await Promise.all([once(this.#listener, "close"), ...closed]);
  }

  #accept({ Server }: Ssh2, socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    this.counts.accepted++;
    this.counts.maxOpen = Math.max(this.counts.maxOpen, this.#sockets.size);
    const { hostKeys, ident, banner } = this.#options;
    // One for each connection: its listener then knows the socket.
    const server = new Server({
      hostKeys: [...hostKeys],
      ident,
      ...(banner === undefined ? {} : { banner }),
    });
    server.on("connection", (connection, { header }) => {
      // What goes wrong on one connection ends that connection; its close is what the client sees.
      connection.on("error", () => connection.end());
      connection.on("authentication", (context) => void this.#authenticate(context, socket));
      const peer = { ident: header.identRaw.toString(), drop: () => void socket.resetAndDestroy() };
      serveChannels(connection, peer, this.#options, this.counts);
    });
    server.injectSocket(socket);
  }

  async #authenticate(context: AuthContext, socket: Socket): Promise<void> {
    const attempt = attemptOf(context);
    this.counts.logins[attempt.method] = (this.counts.logins[attempt.method] ?? 0) + 1;
    const reaction = this.#options.onLogin(attempt);
    const decided = typeof reaction === "string" ? reaction : await reaction;
    if (socket.destroyed || decided === "silence") return;
    if (decided === "refuse") this.#login.refuse(context);
    else this.#login.decide(context);
  }
}

/** Starts an SSH server; ssh2 is loaded now. */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const server = new SshServer(await loadSsh2(), options);
  await server.listen();
  return server;
}

/** A fresh pair of keys: the private one in OpenSSH form, the public one as a line of `authorized_keys`. */
export async function generateSshKey(type: "ed25519" | "rsa" | "ecdsa"): Promise<{ private: string; public: string }> {
  const { utils } = await loadSsh2();
  if (type === "ed25519") return utils.generateKeyPairSync("ed25519");
  return type === "rsa"
    ? utils.generateKeyPairSync("rsa", { bits: 2048 })
    : utils.generateKeyPairSync("ecdsa", { bits: 256 });
}
