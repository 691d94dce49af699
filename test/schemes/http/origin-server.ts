import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { createSecureServer } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import type { TlsIdentity } from "../../../src/testing.ts";

/** Everything that an origin was told with a request. */
export interface Told {
  /** `https://first.example:8443`, as it was asked for. */
  readonly origin: string;
  readonly target: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Whether the client has shown a certificate. */
  readonly certified: boolean;
  /** Which connection it came on, from 1. */
  readonly connection: number;
}

/** What an origin answers: a status, header fields and a body. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One server that is every origin of its port, by whatever names it is asked for; over TLS with HTTP/2. It asks clients for a certificate, and lets in who has none. */
export class OriginServer implements AsyncDisposable {
  readonly port: number;
  readonly told: Told[] = [];
  readonly #server: Server;
  readonly #scheme: string;
  readonly #sockets = new Set<Socket>();
  #answer: (told: Told) => Answer = () => ({ status: 200, body: "content" });

  constructor(server: Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
    });
    server.on(
      "request",
      (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse) =>
        this.#take(request, response as ServerResponse),
    );
  }

  /** Connections so far. */
  get accepted(): number {
    return this.#sockets.size;
  }

  answers(answer: (told: Told) => Answer): void {
    this.#answer = answer;
  }

  /** A URL of the server by one of its names. */
  url(host: string, target = "/"): string {
    return `${this.#scheme}://${host}:${this.port}${target}`;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, "close");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #take(request: IncomingMessage | Http2ServerRequest, response: ServerResponse): void {
    const { url: target = "", headers } = request;
    const socket = ("stream" in request ? request.stream.session?.socket : request.socket) as TLSSocket;
    const told: Told = {
      origin: `${this.#scheme}://${String(headers[":authority"] ?? headers["host"])}`,
      target,
      headers,
      certified: this.#scheme === "https" && Object.keys(socket.getPeerCertificate()).length > 0,
      connection: this.#connectionOf(socket),
    };
    this.told.push(told);
    const { status, headers: fields = {}, body = "" } = this.#answer(told);
    response.writeHead(status, { ...fields, "content-length": Buffer.byteLength(body) });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  #connectionOf({ remotePort }: Socket): number {
    return [...this.#sockets].findIndex((socket) => socket.remotePort === remotePort) + 1;
  }
}

/** Starts one on a free port of this machine; with an identity it speaks https. */
export async function startOriginServer(identity?: TlsIdentity): Promise<OriginServer> {
  const server =
    identity === undefined
      ? createServer()
      : createSecureServer({ ...identity, allowHTTP1: true, requestCert: true, rejectUnauthorized: false });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return new OriginServer(server as Server, identity === undefined ? "http" : "https");
}
