import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { Server as TlsServer, createServer as createTlsServer } from "node:tls";

import type { TlsIdentity } from "../../src/testing.ts";

/** What a proxy does with a connection: `first` is what came on it first. */
export type ProxyScript = (socket: Socket, first: string) => unknown;

/** A proxy of which a test decides every byte. */
export class ScriptedProxy implements AsyncDisposable {
  readonly port: number;
  /** The first bytes of each connection, one byte to a character. */
  readonly heard: string[] = [];
  accepted = 0;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #script: ProxyScript;

  constructor(listener: Server, script: ProxyScript) {
    this.#listener = listener;
    this.port = (listener.address() as AddressInfo).port;
    this.#script = script;
    // One inside TLS tells of a connection twice: of the bytes, and of what is in them.
    const event = listener instanceof TlsServer ? "secureConnection" : "connection";
    listener.on(event, (socket: Socket) => this.#accept(socket));
  }

  get open(): number {
    return this.#sockets.size;
  }

  url(scheme = "http", login = ""): string {
    return `${scheme}://${login}127.0.0.1:${this.port}`;
  }

  /** Does something else from now on. */
  does(script: ProxyScript): void {
    this.#script = script;
  }

  /** Destroyed with the proxy. */
  keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on("close", () => this.#sockets.delete(socket)).on("error", () => socket.destroy());
  }

  /** Passes on what comes, to and fro. */
  tunnel(socket: Socket, port: number): void {
    const far = this.keep(connect({ host: "127.0.0.1", port, noDelay: true }));
    socket.pipe(far).pipe(socket);
    // What is piped nowhere any more is not read, and would never learn that it has ended.
    socket.on("close", () => far.destroy());
    far.on("close", () => socket.destroy());
  }

  #accept(socket: Socket): void {
    this.accepted++;
    this.keep(socket);
    socket.once("data", (bytes) => {
      const first = bytes.toString("latin1");
      this.heard.push(first);
      this.#script(socket, first);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#listener, "close");
  }
}

/** Starts a proxy that does what a script says, inside TLS where it has an identity; without a script it is silent. */
export async function startScriptedProxy(
  script: ProxyScript = () => undefined,
  tls?: TlsIdentity,
): Promise<ScriptedProxy> {
  const listener = tls === undefined ? createServer({ noDelay: true }) : createTlsServer(tls);
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return new ScriptedProxy(listener, script);
}

/** Starts an HTTP proxy that connects everybody with everything on this machine. */
export async function startOpenProxy(tls?: TlsIdentity): Promise<ScriptedProxy> {
  const proxy = await startScriptedProxy((socket, head) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    proxy.tunnel(socket, Number(/:(\d+) HTTP/.exec(head)?.[1]));
  }, tls);
  return proxy;
}
