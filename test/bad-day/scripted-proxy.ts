import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer, connect } from "node:net";

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
    listener.on("connection", (socket) => {
      this.accepted++;
      this.keep(socket);
      socket.once("data", (bytes) => {
        const first = bytes.toString("latin1");
        this.heard.push(first);
        this.#script(socket, first);
      });
    });
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#listener, "close");
  }
}

/** Starts a proxy that does what a script says; without one it is silent. */
export async function startScriptedProxy(script: ProxyScript = () => undefined): Promise<ScriptedProxy> {
  const listener = createServer({ noDelay: true }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  return new ScriptedProxy(listener, script);
}
