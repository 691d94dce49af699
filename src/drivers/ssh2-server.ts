import { once } from "node:events";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import { createServer } from "node:net";

import type { AuthContext, ClientInfo, Connection, Server as Ssh2Server } from "ssh2";

import { resetSocket } from "./socket.ts";
import type { SshServer, SshServerCounts, SshServerOptions } from "./ssh-server.ts";
import { serveChannels } from "./ssh2-server-connection.ts";
import { SshServerLogin, attemptOf } from "./ssh2-server-login.ts";
import type { Ssh2 } from "./ssh2-package.ts";
import { loadSsh2 } from "./ssh2-package.ts";

class Ssh2BackedServer implements SshServer {
  readonly counts: SshServerCounts = { accepted: 0, maxOpen: 0, logins: {}, sessions: 0, forwards: 0 };
  readonly #options: SshServerOptions;
  readonly #server: Ssh2Server;
  readonly #listener: NetServer;
  readonly #login: SshServerLogin;
  readonly #sockets = new Set<Socket>();
  #closing: Promise<unknown> | undefined;

  constructor(ssh2: Ssh2, options: SshServerOptions) {
    this.#options = options;
    this.#login = new SshServerLogin(ssh2, options.users);
    const { hostKeys, ident, banner } = options;
    this.#server = new ssh2.Server(
      { hostKeys: [...hostKeys], ident, ...(banner === undefined ? {} : { banner }) },
      (connection, info) => this.#serve(connection, info),
    );
    // The socket is made here and not by ssh2, which leaves Nagle's algorithm on.
    this.#listener = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  get open(): number {
    return this.#sockets.size;
  }

  async listen(): Promise<void> {
    this.#listener.listen(0, this.#options.host);
    await once(this.#listener, "listening");
  }

  sever(): void {
    for (const socket of this.#sockets) resetSocket(socket);
  }

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

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    this.counts.accepted++;
    this.counts.maxOpen = Math.max(this.counts.maxOpen, this.#sockets.size);
    this.#server.injectSocket(socket);
  }

  #serve(connection: Connection, { ip, port, header }: ClientInfo): void {
    const socket = [...this.#sockets].find(
      ({ remoteAddress, remotePort }) => remoteAddress === ip && remotePort === port,
    );
    if (socket === undefined) return void connection.end(); // It was gone before it said who it is.
    // What goes wrong on one connection ends that connection; its close is what the client sees.
    connection.on("error", () => connection.end());
    connection.on("authentication", (context) => void this.#authenticate(context, socket));
    const peer = { ident: header.identRaw.toString(), drop: () => resetSocket(socket) };
    serveChannels(connection, peer, this.#options, this.counts);
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
  const server = new Ssh2BackedServer(await loadSsh2(), options);
  await server.listen();
  return server;
}

/** A key, both halves in OpenSSH's own form. */
export interface SshKeyPair {
  /** In OpenSSH form. */
  readonly private: string;
  /** As a line of `authorized_keys`. */
  readonly public: string;
}

/** A fresh pair of keys. */
export async function generateSshKey(type: "ed25519" | "rsa" | "ecdsa"): Promise<SshKeyPair> {
  const { utils } = await loadSsh2();
  const generate = (): SshKeyPair => {
    if (type === "ed25519") return utils.generateKeyPairSync("ed25519");
    return type === "rsa"
      ? utils.generateKeyPairSync("rsa", { bits: 2048 })
      : utils.generateKeyPairSync("ecdsa", { bits: 256 });
  };
  let pair = generate();
  // One of 256 is malformed: https://github.com/mscdex/ssh2/issues/1390
  while (utils.parseKey(pair.public) instanceof Error || utils.parseKey(pair.private) instanceof Error)
    pair = generate();
  return pair;
}
