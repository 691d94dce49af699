import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createPlainServer } from "node:http";
import type { Http2SecureServer, ServerHttp2Session } from "node:http2";
import { createSecureServer as createHttp2Server } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";

import { FileTree } from "../../schemes/memory/file-tree.ts";
import type { HttpAnswerOptions } from "./http-answers.ts";
import { answerFrom, plain } from "./http-answers.ts";
import type { HttpLoginOptions } from "./http-login.ts";
import { HttpDoor } from "./http-login.ts";

/** A request as a server got it. */
export interface HttpServerRequest {
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Which connection it came on, from 1. */
  readonly connection: number;
}

/** What becomes of a request: answered, swallowed, or the connection is cut; or an answer of the test's own. */
export type HttpReaction =
  | "answer"
  | "silence"
  | "drop"
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
      /** Sends the body in chunks, without saying how long it is. */
      readonly chunked?: boolean;
      /** Cuts the connection after so many bytes of the body. */
      readonly cutAfter?: number;
    };

export interface HttpServerOptions extends Partial<HttpAnswerOptions> {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** What it serves. Default: an empty tree. */
  readonly tree?: FileTree;
  /** Serves https: with this certificate. With `clientCa`, only clients whose certificate that authority has signed. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  /** Speaks HTTP/2 to who can, over TLS. Default false. */
  readonly http2?: boolean;
  /** Requests at once on one connection of HTTP/2. Default: as many as Node allows. */
  readonly maxStreams?: number;
  /** Who is let in. Default: everybody. */
  readonly login?: HttpLoginOptions;
  /** Closes each connection after its answer. Default false. */
  readonly closes?: boolean;
  /** Sends early hints (103) before each answer. Default false. */
  readonly hints?: boolean;
  /** How long an unused connection is kept open. Default: as long as the client wants. */
  readonly keepAliveTimeoutMs?: number;
  /** Called for every request, also those that are not let in. For tests of faults and redirects. */
  readonly onRequest?: (request: HttpServerRequest) => HttpReaction | Promise<HttpReaction>;
}

/** An HTTP server in this process that serves a tree in memory and counts everything: for tests. It is read-only, as static servers are. */
export class HttpServer implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly tree: FileTree;
  readonly #scheme: "http" | "https";
  readonly #server: Server | Http2SecureServer;
  readonly #sockets = new Map<Socket, number>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #requests: HttpServerRequest[] = [];
  readonly #handle: (request: IncomingMessage, response: ServerResponse, seen: HttpServerRequest) => Promise<void>;
  #accepted = 0;

  constructor(
    server: Server | Http2SecureServer,
    facts: { host: string; tree: FileTree; secure: boolean },
    handle: (request: IncomingMessage, response: ServerResponse, seen: HttpServerRequest) => Promise<void>,
  ) {
    this.#server = server;
    this.#handle = handle;
    this.host = facts.host;
    this.port = (server.address() as AddressInfo).port;
    this.tree = facts.tree;
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
    const { method = "", url: target = "", headers } = request;
    const connection = this.#connectionOf(request.socket);
    const seen = { method, target, headers, connection };
    this.#requests.push(seen);
    try {
      await this.#handle(request, response, seen);
    } catch {
      request.socket.destroy(); // The client has gone, or an answer cannot be finished.
    }
  }

  /** A connection is known by the port that it comes from: TLS and HTTP/2 hide its socket. */
  #connectionOf({ remotePort }: Socket): number {
    for (const [socket, number] of this.#sockets) if (socket.remotePort === remotePort) return number;
    return 0;
  }
}

/** Starts an HTTP server on a free port of this machine. */
export async function startHttpServer(options: HttpServerOptions = {}): Promise<HttpServer> {
  const { host = "127.0.0.1", tree = new FileTree(), login, onRequest = () => "answer" } = options;
  const answers: HttpAnswerOptions = {
    index: "nginx",
    ranges: "many",
    head: true,
    etags: "strong",
    lengths: true,
    ...withoutUnsaid(options),
  };
  const server = serverFor(options);
  const door = login === undefined ? undefined : new HttpDoor(login);
  server.listen(0, host);
  await once(server, "listening");
  return new HttpServer(server, { host, tree, secure: options.tls !== undefined }, async (request, response, seen) => {
    if (options.closes === true) response.setHeader("connection", "close");
    if (options.hints === true) response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    const reaction = await onRequest(seen);
    if (reaction === "silence") return;
    if (reaction === "drop") return void request.socket.destroy();
    const { authorization } = request.headers;
    const refusal = door?.refusal(seen.method, seen.target, authorization);
    if (typeof reaction === "object") return react(response, seen.method, reaction);
    if (refusal === undefined) return await answerFrom(tree, answers, request, response);
    plain(response, seen.method, 401, "Unauthorized", { "www-authenticate": refusal.challenge });
  });
}

function serverFor({ tls, http2, maxStreams, keepAliveTimeoutMs = 0 }: HttpServerOptions): Server | Http2SecureServer {
  if (tls === undefined) {
    const server = createPlainServer({ keepAlive: true, noDelay: true });
    server.keepAliveTimeout = keepAliveTimeoutMs;
    return server;
  }
  const { cert, key, clientCa } = tls;
  const secrets = { cert, key, ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true }) };
  if (http2 === true)
    return createHttp2Server({
      ...secrets,
      allowHTTP1: true,
      ...(maxStreams === undefined ? {} : { settings: { maxConcurrentStreams: maxStreams } }),
    });
  const server = createTlsServer(secrets);
  server.keepAliveTimeout = keepAliveTimeoutMs;
  return server;
}

function react(response: ServerResponse, method: string, reaction: Exclude<HttpReaction, string>): void {
  const { status, headers = {}, body = "", chunked = false, cutAfter } = reaction;
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...(chunked ? {} : { "content-length": bytes.length }), ...headers });
  if (cutAfter !== undefined) response.write(bytes.subarray(0, cutAfter), () => response.socket?.destroy());
  else response.end(method === "HEAD" ? undefined : bytes);
}

function withoutUnsaid({ index, ranges, head, etags, lengths }: HttpServerOptions): Partial<HttpAnswerOptions> {
  const said = Object.entries({ index, ranges, head, etags, lengths }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as Partial<HttpAnswerOptions>;
}
