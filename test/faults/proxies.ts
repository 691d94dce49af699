import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";

import type { TlsIdentity } from "../../src/testing.ts";

/** What a proxy has heard, and is about to answer. */
export type ProxyStep = "greeting" | "login" | "connect";

/** A polite proxy for one user. It connects everybody with this machine, whatever host is asked for. */
export class PoliteProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Called before a step is answered. */
  onStep: (step: ProxyStep) => void = () => undefined;

  constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket: Socket) => this.keep(socket));
  }

  get open(): number {
    return this.#sockets.size;
  }

  /** Closed with the proxy. */
  keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on("close", () => this.#sockets.delete(socket)).on("error", () => socket.destroy());
  }

  /** Passes on what comes, to and fro. */
  tunnel(socket: Socket, port: number): void {
    const far = this.keep(connect({ host: "127.0.0.1", port, noDelay: true }));
    socket.pipe(far).pipe(socket);
    socket.on("close", () => far.destroy());
    far.on("close", () => socket.destroySoon());
  }

  /** Passes on requests that say the whole URL that they are for, each in one piece, the first of them `head`. */
  forward(socket: Socket, head: string): void {
    const port = Number(/^\w+ http:\/\/[^/:]+:(\d+)\//.exec(head)?.[1]);
    const far = this.keep(connect({ host: "127.0.0.1", port, noDelay: true }));
    const pass = (request: string): void => {
      far.write(request.replace(/^(\w+ )http:\/\/[^/]+/, "$1"), "latin1");
    };
    far.pipe(socket);
    socket.on("data", (bytes: Buffer) => pass(bytes.toString("latin1"))).on("end", () => far.end());
    socket.on("close", () => far.destroy());
    far.on("close", () => socket.destroySoon());
    pass(head);
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await once(this.#server, "close");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function listening(server: Server): Promise<PoliteProxy> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return new PoliteProxy(server);
}

/** The next bytes on a socket, all that have come; rejects where it ends first. */
async function hear(socket: Socket): Promise<Buffer> {
  const [bytes] = (await once(socket, "data")) as [Buffer];
  return bytes;
}

/** SOCKS5 with a user and a password (RFC 1928, 1929). */
export async function startSocksProxy(user: string, password: string): Promise<PoliteProxy> {
  const proxy = await listening(
    createServer({ noDelay: true }, (socket) => void attend(socket).catch(() => socket.destroy())),
  );
  const attend = async (socket: Socket): Promise<void> => {
    await hear(socket);
    proxy.onStep("greeting");
    socket.write(Buffer.from([5, 2]));
    const login = await hear(socket);
    proxy.onStep("login");
    const wanted = Buffer.concat([
      Buffer.from([1, user.length]),
      Buffer.from(user),
      Buffer.from([password.length]),
      Buffer.from(password),
    ]);
    if (!login.equals(wanted)) return void socket.end(Buffer.from([1, 1]));
    socket.write(Buffer.from([1, 0]));
    const asked = await hear(socket);
    proxy.onStep("connect");
    socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 80]));
    proxy.tunnel(socket, asked.readUInt16BE(asked.length - 2));
  };
  return proxy;
}

/** An HTTP proxy that connects (CONNECT), and passes on whole requests; inside TLS where it has an identity. */
export async function startConnectProxy(user: string, password: string, tls?: TlsIdentity): Promise<PoliteProxy> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const attend = async (socket: Socket): Promise<void> => {
    const head = (await hear(socket)).toString("latin1");
    proxy.onStep("connect");
    if (!head.includes(authorization))
      return void socket.end('HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n');
    if (!head.startsWith("CONNECT ")) return proxy.forward(socket, head);
    socket.write("HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n");
    proxy.tunnel(socket, Number(/^CONNECT \S+:(\d+) /.exec(head)?.[1]));
  };
  const attendAll = (socket: Socket): void => void attend(socket).catch(() => socket.destroy());
  const proxy = await listening(
    tls === undefined ? createServer({ noDelay: true }, attendAll) : createTlsServer({ ...tls }, attendAll),
  );
  return proxy;
}
