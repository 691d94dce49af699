import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createPlainServer } from "node:http";
import type { Http2SecureServer } from "node:http2";
import { createSecureServer as createHttp2Server } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { Server } from "node:net";

import type { FileTree } from "../../schemes/memory/file-tree.ts";
import { plain } from "./http-answers.ts";
import type { HttpLoginOptions } from "./http-login.ts";
import { HttpDoor } from "./http-login.ts";

/** A request as a server got it. */
export interface HttpServerRequest {
  /** As it was sent: `GET`. */
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Which connection it came on, from 1. */
  readonly connection: number;
}

/** What becomes of a request: answered, swallowed, or the connection is cut; or an answer of the test's own. */
export type HttpReaction = "answer" | "silence" | "drop" | HttpOwnAnswer;

/** An answer as a test wants it. */
export interface HttpOwnAnswer {
  /** The status code. */
  readonly status: number;
  /** Beside those that belong to the body. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: none. */
  readonly body?: string | Uint8Array;
  /** Sends the body in chunks, without saying how long it is. */
  readonly chunked?: boolean;
  /** Cuts the connection after so many bytes of the body. */
  readonly cutAfter?: number;
}

/** What every server over HTTP can be told. */
export interface HttpListenerOptions {
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
}

/** Takes a request until its answer is written. What it throws cuts the connection. */
export type HttpHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  seen: HttpServerRequest,
) => Promise<void>;

/** Listens on a free port of this machine. */
export async function listen(options: HttpListenerOptions): Promise<Server | Http2SecureServer> {
  const server = serverFor(options);
  server.listen(0, options.host ?? "127.0.0.1");
  await once(server, "listening");
  return server;
}

/**
 * Asks the test what becomes of each request, then who it is from; what is let in gets its answer. A reaction that is not one of every server's is
 * handed on with it.
 */
export function handlerOf<Reaction>(
  { login, closes = false, hints = false }: HttpListenerOptions,
  onRequest: (request: HttpServerRequest) => Reaction | HttpReaction | Promise<Reaction | HttpReaction>,
  answer: (request: IncomingMessage, response: ServerResponse, reaction: Reaction | "answer") => Promise<void>,
): HttpHandler {
  const door = login === undefined ? undefined : new HttpDoor(login);
  return async (request, response, seen) => {
    if (closes) response.setHeader("connection", "close");
    if (hints) response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    const reaction = await onRequest(seen);
    if (reaction === "silence") return;
    if (reaction === "drop") return void request.socket.destroy();
    const refusal = door?.refusal(seen.method, seen.target, request.headers.authorization);
    if (isAnswer(reaction)) return react(response, seen.method, reaction);
    if (refusal === undefined) return await answer(request, response, reaction as Reaction | "answer");
    plain(response, seen.method, 401, "Unauthorized", { "www-authenticate": refusal.challenge });
  };
}

function isAnswer(reaction: unknown): reaction is HttpOwnAnswer {
  return typeof reaction === "object" && reaction !== null && "status" in reaction;
}

function serverFor({
  tls,
  http2,
  maxStreams,
  keepAliveTimeoutMs = 0,
}: HttpListenerOptions): Server | Http2SecureServer {
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

export function react(response: ServerResponse, method: string, reaction: HttpOwnAnswer): void {
  const { status, headers = {}, body = "", chunked = false, cutAfter } = reaction;
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...(chunked ? {} : { "content-length": bytes.length }), ...headers });
  if (cutAfter !== undefined) response.write(bytes.subarray(0, cutAfter), () => response.socket?.destroy());
  else response.end(method === "HEAD" ? undefined : bytes);
}
