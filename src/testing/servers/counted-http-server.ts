import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2SecureServer, ServerHttp2Session } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";

import type { HttpHandler, HttpServerRequest } from "./http-listener.ts";

/** A server over HTTP in this process that counts everything: for tests. */
export class CountedHttpServer implements AsyncDisposable {
  /** Where it listens. */
  readonly host: string;
  /** A free one. */
  readonly port: number;
  readonly #scheme: "http" | "https";
  readonly #server: Server | Http2SecureServer;
  readonly #sockets = new Map<Socket, number>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #requests: HttpServerRequest[] = [];
  readonly #handle: HttpHandler;
  #accepted = 0;

  constructor(server: Server | Http2SecureServer, facts: { host: string; secure: boolean }, handle: HttpHandler) {
    this.#server = server;
    this.#handle = handle;
    this.host = facts.host;
    this.port = (server.address() as AddressInfo).port;
    this.#scheme = facts.secure ? "https" : "http";
    server.on("connection", (socket: Socket) => this.#accept(socket));
    server.on("session", (session: ServerHttp2Session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
    });
    server.on("request", (request: IncomingMessage, response: ServerResponse) => void this.#take(request, response));
  }

  /** The root's URL. */
  get url(): string {
    const host = this.host.includes(":") ? `[${this.host}]` : this.host;
    return `${this.#scheme}://${host}:${this.port}/`;
  }

  /** Connections accepted so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Connections open now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Requests received so far, in order. */
  get requests(): readonly HttpServerRequest[] {
    return this.#requests;
  }

  /** Resets every connection, as a network does. */
  sever(): void {
    for (const socket of this.#sockets.keys()) socket.resetAndDestroy();
  }

  /** Tells who speaks HTTP/2 to ask no more on the connections that are open; what they asked is answered. */
  goAway(): void {
    for (const session of this.#sessions) session.close();
  }

  /** Ends every connection and stops. Closing twice is harmless. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    for (const socket of this.#sockets.keys()) socket.destroy();
    await once(this.#server, "close");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(socket: Socket): void {
    this.#sockets.set(socket, ++this.#accepted);
    // A reset is what faults are made of.
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: target = "", headers, socket } = request;
    const connection = this.#connectionOf(socket);
    const seen = { method, target, headers, connection };
    this.#requests.push(seen);
    try {
      await this.#handle(request, response, seen);
    } catch {
      socket.destroy(); // The client has gone, or an answer cannot be finished.
    }
  }

  /** A connection is known by the port that it comes from: TLS and HTTP/2 hide its socket. */
  #connectionOf({ remotePort }: Socket): number {
    for (const [socket, number] of this.#sockets) if (socket.remotePort === remotePort) return number;
    return 0;
  }
}
