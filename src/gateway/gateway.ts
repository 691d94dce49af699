import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { finished } from "node:stream/promises";
import type { AddressInfo, Socket } from "node:net";

import { systemClock } from "../connection/clock.ts";
import { TransportError } from "../errors/transport-error.ts";
import type { Logger } from "../log/logger.ts";
import type { Transport } from "../transport/transport.ts";
import type { AllowedHosts } from "./allowed-hosts.ts";
import { cut, refuse } from "./answer.ts";
import { graceMs, maxPipelined } from "./defaults.ts";
import type { RequestSignals } from "./gateway-request.ts";
import { GatewayRequest } from "./gateway-request.ts";
import type { GatewayMethods } from "./methods.ts";
import { RequestQueue } from "./queue.ts";
import { Refusal, refusalOf } from "./refusal.ts";
import { parseTarget } from "./target.ts";

/** What became of a request. */
export interface GatewayAnswer {
  /** As the client wrote it. */
  readonly method: string;
  /** As it was asked for: encoded, with its query. */
  readonly target: string;
  /** Of the answer, also of one that did not come to its end. */
  readonly status: number;
  /** Whether all of the answer was handed to the system. False where the client went away, or the answer was cut. */
  readonly complete: boolean;
}

/** What a gateway does its work with. */
export interface GatewayParts {
  readonly transport: Transport;
  readonly methods: GatewayMethods;
  readonly hosts: AllowedHosts;
  readonly logger: Logger;
  readonly onAnswered: ((answered: GatewayAnswer) => void) | undefined;
}

interface Connection {
  readonly queue: RequestQueue;
  /** Ends what is under way on it. */
  cut: ((reason: TransportError) => void) | undefined;
}

/** A transport over HTTP, while it listens. */
export class Gateway implements AsyncDisposable {
  /** Where the gateway is: `http://127.0.0.1:8080/`. */
  readonly url: string;
  /** Where it listens. */
  readonly port: number;
  readonly #server: Server;
  readonly #parts: GatewayParts;
  readonly #connections = new Map<Socket, Connection>();
  #closing: Promise<void> | undefined;

  /** Of a server that listens already; `host` is what the gateway calls itself. */
  constructor(server: Server, host: string, parts: GatewayParts) {
    this.port = (server.address() as AddressInfo).port;
    this.url = `http://${host.includes(":") ? `[${host}]` : host}:${this.port}/`;
    this.#server = server;
    this.#parts = parts;
    server.on("connection", (socket: Socket) => {
      const queue = new RequestQueue();
      this.#connections.set(socket, { queue, cut: undefined });
      // A change that was begun goes on when its client has gone, and is waited for.
      socket.once("close", () => void queue.idle.then(() => this.#connections.delete(socket)));
    });
    const take = (message: IncomingMessage, response: ServerResponse): void => this.#take(message, response);
    server.on("request", take);
    // Whoever wants the body says that it may come; who refuses does not.
    server.on("checkContinue", take);
    // Too many open files, for one: those who are connected go on.
    server.on("error", (error) => parts.logger.error({ err: error }, "a connection could not be taken"));
  }

  /**
   * Stops listening, lets the answers that are under way end, cuts those that have not after `graceMs` (10,000 unless said otherwise), and resolves when nothing is left. The transport is its
   * owner's, and stays as it is.
   */
  close(options: { readonly graceMs?: number } = {}): Promise<void> {
    return (this.#closing ??= this.#close(options.graceMs ?? graceMs));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const [socket, { queue }] of this.#connections) if (queue.length === 0) socket.destroy();
    const timer = systemClock.timeout(graceMs, () => {
      for (const [socket, { cut }] of this.#connections) {
        cut?.(new TransportError("closed", "the gateway was closed"));
        socket.destroy();
      }
    });
    timer.hold();
    await closed;
    await Promise.all([...this.#connections.values()].map(({ queue }) => queue.idle));
    timer.cancel();
  }

  #take(message: IncomingMessage, response: ServerResponse): void {
    const { socket } = message;
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    if (connection.queue.length >= maxPipelined) return void socket.destroy();
    connection.queue.add(async () => {
      if (socket.destroyed) return;
      const [ending, closing] = [new AbortController(), new AbortController()];
      connection.cut = (reason) => {
        closing.abort(reason);
        ending.abort(reason);
      };
      response.once("close", () => ending.abort(new TransportError("aborted", "the client went away")));
      // Who has said all and is not answered yet waits for the transport, which has limits of its own, and is not to be cut for standing still.
      response.on("timeout", () => {
        if (!message.complete || response.headersSent) socket.destroy();
      });
      await this.#answer(message, response, { signal: ending.signal, closing: closing.signal });
      if (this.#closing !== undefined && connection.queue.length === 1) socket.destroySoon();
    });
  }

  async #answer(message: IncomingMessage, response: ServerResponse, signals: RequestSignals): Promise<void> {
    const { transport, methods, logger, onAnswered } = this.#parts;
    if (this.#closing !== undefined) response.shouldKeepAlive = false;
    let request = new GatewayRequest(transport, message, response, nowhere, signals);
    try {
      request = new GatewayRequest(transport, message, response, this.#targetOf(message), signals);
      checkCoding(message);
      const method = methods.get(request.method);
      if (method === undefined)
        throw new Refusal(405, "this gateway does not do that", { allow: [...methods.keys()].join(", ") });
      await method(request);
    } catch (error) {
      this.#fail(request, error);
    }
    // An answer is over when all of it was handed over, or nobody is there any more to take it.
    const complete = await finished(response).then(
      () => true,
      () => false,
    );
    const answered = { method: request.method, target: message.url ?? "", status: response.statusCode, complete };
    logger.info(answered, "answered");
    onAnswered?.(answered);
  }

  #targetOf({ url = "", method, headers, headersDistinct }: IncomingMessage): typeof nowhere {
    const target = parseTarget(method === "OPTIONS" && url === "*" ? "/" : url);
    const authority = target.authority ?? headers.host ?? "";
    if ((headersDistinct["host"]?.length ?? 0) > 1) throw new Refusal(400, "there are several Host fields");
    if (this.#parts.hosts.has(authority)) return { ...target, authority };
    throw new Refusal(421, "this gateway is not asked by that name; who started it can allow it");
  }

  /** Nobody may take half an answer for a whole one; one that was not begun says what is the matter. */
  #fail(request: GatewayRequest, error: unknown): void {
    const { response, signal, message } = request;
    const refusal = refusalOf(error);
    if (refusal !== error && !signal.aborted) {
      const fields = { err: error, target: message.url };
      if (refusal.status >= 500) this.#parts.logger.warn(fields, "a request could not be answered");
      else this.#parts.logger.debug(fields, "a request was refused");
    }
    if (response.headersSent || signal.aborted || response.destroyed) cut(response);
    else refuse(request, refusal);
  }
}

/** What comes coded in another way as well would be taken for content as it is: RFC 9112, 6.1. */
function checkCoding({ headers }: IncomingMessage): void {
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked")
    throw new Refusal(501, "this gateway knows no transfer coding but chunked");
}

/** What is known of a request that was not understood. */
const nowhere = { authority: "", path: "", slash: true, search: "" };
