import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import { connect, createServer } from "node:net";
import type { Duplex } from "node:stream";

import type { AuthContext, Connection, ParsedKey, Session } from "ssh2";

import type { Ssh2 } from "./ssh2-package.ts";
import { loadSsh2 } from "./ssh2-package.ts";

/** How somebody is let in. */
export interface SshServerUser {
  readonly password?: string;
  /** Lines as in `authorized_keys`. */
  readonly publicKeys?: readonly string[];
  /** Prompts of keyboard-interactive, each with its answer. */
  readonly prompts?: readonly { readonly text: string; readonly echo: boolean; readonly answer: string }[];
}

export interface SshServerOptions {
  readonly host: string;
  readonly users: Readonly<Record<string, SshServerUser>>;
  /** Private host keys, in PEM or OpenSSH form. */
  readonly hostKeys: readonly string[];
  /** Sessions that one connection may open; OpenSSH's MaxSessions is 10. */
  readonly maxSessions: number;
  /** Whether it forwards connections to this machine, as a jump host does. */
  readonly forwards: boolean;
  /** Gets every channel of the subsystem `sftp`. */
  readonly serveSftp: (channel: Duplex) => void;
}

/** What the server counted. */
export interface SshServerCounts {
  accepted: number;
  maxOpen: number;
  /** Logins tried, by method: `password`, `publickey`, `keyboard-interactive`, `none`. */
  readonly logins: Record<string, number>;
  sessions: number;
  forwards: number;
}

/** An SSH server in this process, on a free port. */
export class SshServer {
  readonly counts: SshServerCounts = { accepted: 0, maxOpen: 0, logins: {}, sessions: 0, forwards: 0 };
  readonly #options: SshServerOptions;
  readonly #listener: NetServer;
  readonly #sockets = new Set<Socket>();
  readonly #keys: ReadonlyMap<string, readonly ParsedKey[]>;

  constructor(ssh2: Ssh2, options: SshServerOptions) {
    this.#options = options;
    this.#keys = new Map(
      Object.entries(options.users).map(([name, { publicKeys = [] }]) => [
        name,
        publicKeys.map((line) => parseKey(ssh2, line)),
      ]),
    );
    // Clients go by the name for what the draft leaves open (the order of SYMLINK, the size of packets); this one does as OpenSSH does.
    const server = new ssh2.Server({ hostKeys: [...options.hostKeys], ident: "OpenSSH_9.2 samewire" }, (connection) =>
      this.#serve(connection),
    );
    // The socket is made here and not by ssh2, which leaves Nagle's algorithm on.
    this.#listener = createServer({ noDelay: true }, (socket) => {
      this.#count(socket);
      server.injectSocket(socket);
    });
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

  async close(): Promise<void> {
    if (!this.#listener.listening) return;
    this.#listener.close();
    this.sever();
    await once(this.#listener, "close");
    this.#sockets.clear(); // All closed by now; their own events may come later.
  }

  #count(socket: Socket): void {
    this.#sockets.add(socket);
    this.counts.accepted++;
    this.counts.maxOpen = Math.max(this.counts.maxOpen, this.#sockets.size);
    socket.on("close", () => this.#sockets.delete(socket));
  }

  #serve(connection: Connection): void {
    // What goes wrong on one connection ends that connection; its close is what the client sees.
    connection.on("error", () => connection.end());
    connection.on("authentication", (context) => this.#authenticate(context));
    let sessions = 0;
    connection.on("session", (accept, reject) => {
      if (++sessions > this.#options.maxSessions) return void reject();
      this.counts.sessions++;
      const session: Session = accept();
      session.on("close", () => sessions--);
      session.on("subsystem", (acceptSubsystem, rejectSubsystem, { name }) => {
        if (name === "sftp") this.#options.serveSftp(acceptSubsystem());
        else rejectSubsystem?.();
      });
    });
    connection.on("tcpip", (accept, reject, { destIP, destPort }) => {
      if (!this.#options.forwards || !isThisMachine(destIP)) return void reject?.();
      this.#forward(accept, reject, destIP, destPort);
    });
  }

  #forward(accept: () => Duplex, reject: (() => void) | undefined, host: string, port: number): void {
    this.counts.forwards++;
    const socket = connect({ host, port, noDelay: true });
    const refuse = (): void => reject?.();
    socket.once("error", refuse);
    socket.once("connect", () => {
      socket.off("error", refuse);
      const channel = accept();
      const end = (): void => {
        socket.destroy();
        channel.destroy();
      };
      socket.on("error", end).on("close", end);
      channel.on("error", end).on("close", end);
      socket.pipe(channel).pipe(socket);
    });
  }

  #authenticate(context: AuthContext): void {
    this.counts.logins[context.method] = (this.counts.logins[context.method] ?? 0) + 1;
    const user = Object.hasOwn(this.#options.users, context.username)
      ? this.#options.users[context.username]
      : undefined;
    if (user === undefined) return context.reject(["publickey", "password", "keyboard-interactive"]);
    const methods = methodsOf(user);
    const decide = (accepted: boolean): void => (accepted ? context.accept() : context.reject(methods));
    if (context.method === "password")
      return decide(user.password !== undefined && sameText(context.password, user.password));
    if (context.method === "publickey") {
      const key = this.#keys
        .get(context.username)
        ?.find(
          (known) =>
            known.type === context.key.algo.replace(/^rsa-sha2-.*/, "ssh-rsa") &&
            known.getPublicSSH().equals(context.key.data),
        );
      if (key === undefined) return decide(false);
      if (context.signature === undefined || context.blob === undefined) return decide(true);
      return decide(key.verify(context.blob, context.signature, context.hashAlgo) === true);
    }
    if (context.method === "keyboard-interactive" && user.prompts !== undefined) {
      const { prompts } = user;
      return context.prompt(
        prompts.map(({ text, echo }) => ({ prompt: text, echo })),
        (answers) => decide(prompts.every(({ answer }, at) => sameText(answers[at] ?? "", answer))),
      );
    }
    decide(false);
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

function parseKey({ utils }: Ssh2, line: string): ParsedKey {
  const key = utils.parseKey(line);
  if (key instanceof Error) throw key;
  return key as ParsedKey;
}

function methodsOf({
  password,
  publicKeys,
  prompts,
}: SshServerUser): ("password" | "publickey" | "keyboard-interactive")[] {
  return [
    ...(publicKeys === undefined ? [] : (["publickey"] as const)),
    ...(password === undefined ? [] : (["password"] as const)),
    ...(prompts === undefined ? [] : (["keyboard-interactive"] as const)),
  ];
}

/** Forwarding is for tests of jump hosts, and leads to this machine only. */
function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
