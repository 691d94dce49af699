import type { Readable } from "node:stream";

import type { Client } from "undici";

import type { Clock } from "../connection/clock.ts";
import type { WireTraffic } from "../connection/connector.ts";
import { TransportError } from "../errors/transport-error.ts";
import type { AnswerReceiver, Exchange, HttpRequest } from "./http-message.ts";
import type { HeldSocket, HttpWire, WireContext } from "./http-wire.ts";
import { UndiciExchange } from "./undici-exchange.ts";
import { endedInOrder, httpError } from "./undici-errors.ts";

/** More than anybody sends: how many that are is the sender's business. */
const mostPipelined = 1_000;

/** One HTTP/1.1 connection: an undici client that connects once, to the socket that it is given. */
export class UndiciWire implements HttpWire {
  readonly capacity: number = 1;
  readonly pipelines: boolean = true;
  readonly clock: Clock;
  readonly #client: Client;
  readonly #socket: HeldSocket;
  readonly #context: WireContext;
  /** One, or none, or those of a pipeline: an array costs less than a set for each that comes and goes. */
  readonly #running: UndiciExchange[] = [];
  /** Why the socket ended. */
  #ending: { readonly reason: TransportError; readonly inOrder: boolean } | undefined;
  #broken: TransportError | undefined;
  #dead: TransportError | undefined;

  constructor(client: Client, held: HeldSocket, context: WireContext) {
    this.#client = client;
    this.#socket = held;
    this.#context = context;
    this.clock = context.clock;
    const { socket } = held;
    client.on("disconnect", (_origin, _targets, error) => {
      this.#noteError(error);
      this.#die();
    });
    socket.on("error", (error) => this.#noteError(error));
    socket.once("close", () => this.#noteClose());
    if (socket.destroyed) setImmediate(() => this.#die());
  }

  send(request: HttpRequest, receiver: AnswerReceiver): Exchange {
    const { method, target, headers, body, pipelined = false } = request;
    const explain = (error: Error): TransportError => this.#ending?.reason ?? httpError(error);
    const exchange = new UndiciExchange(receiver, explain, (over, failure) => {
      this.#running.splice(this.#running.indexOf(over), 1);
      if (pipelined && this.#running.length === 0) this.#client.pipelining = 1;
      // What broke the request broke the connection, and the pool is told before whoever asks, who would be lent it again.
      this.#broken ??= failure;
      if (this.#socket.socket.destroyed || failure?.code === "connection-lost") this.#die();
    });
    this.#running.push(exchange);
    try {
      if (this.#dead !== undefined) throw this.#dead;
      if (pipelined) this.#openPipeline();
      this.#client.dispatch(
        {
          path: target,
          method: method as "GET",
          headers,
          body: (body ?? null) as Readable | null,
          // Unless told otherwise undici closes the connection after a HEAD,
          reset: false,
          // and sends nothing behind any other request before that is answered. After a HEAD that was told to block it would never send anything (7.30).
          ...(pipelined ? { blocking: false } : undefined),
        },
        exchange,
      );
    } catch (error) {
      queueMicrotask(() => exchange.fail(httpError(error)));
    }
    return exchange;
  }

  /** The cheapest request that changes nothing. Whatever its answer is, the server lives. */
  ping(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stopListening = (): void => signal.removeEventListener("abort", abort);
      const receiver: AnswerReceiver = {
        head: () => resolve(),
        data: () => true,
        end: stopListening,
        fail: (error) => {
          stopListening();
          reject(error);
        },
      };
      const exchange = this.send({ method: "OPTIONS", target: "/", headers: {} }, receiver);
      const abort = (): void => exchange.abort(httpError(signal.reason));
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  hold(held: boolean): void {
    this.#socket.hold(held);
  }

  traffic(): WireTraffic {
    return this.#socket.traffic;
  }

  async end(): Promise<void> {
    this.#dead ??= new TransportError("connection-lost", "the connection was closed", { temporary: true });
    await this.#client.destroy();
    this.#socket.socket.destroy();
  }

  destroy(reason: TransportError): void {
    // Also where a goodbye was begun, and does not come to its end.
    this.#dead ??= reason;
    for (const exchange of [...this.#running]) exchange.fail(reason);
    // The socket last, which undici wants to be destroyed with an error: see `#noteClose`.
    this.#client.destroy(reason).catch(() => undefined); // It is gone either way.
    this.#socket.socket.destroy();
  }

  /** What is sent in one go is written in one go. */
  #openPipeline(): void {
    const { socket } = this.#socket;
    this.#client.pipelining = mostPipelined;
    socket.cork();
    process.nextTick(() => socket.uncork());
  }

  /** Our listeners are told before undici's, which has attached none before its first request. */
  #noteError(error: NodeJS.ErrnoException): void {
    this.#ending ??= { reason: httpError(error, this.#socket.socket.readableEnded), inOrder: endedInOrder(error) };
    // At a reset in the middle of an answer that is not being read undici (7.30) throws where nobody can catch it: it is not told which error it was.
    if (error.code === "ECONNRESET") error.code = "ECONNABORTED";
  }

  #noteClose(): void {
    // The same happens where such an answer ends without any error: it is told of one first.
    if (this.#running.length > 0 && this.#ending === undefined) this.#socket.socket.emit("error", closed());
    // Undici tells its requests what happened before it tells us; of a connection without a request it knows nothing.
    setImmediate(() => this.#die());
  }

  #die(): void {
    if (this.#dead !== undefined) return;
    const busy = this.#running.length > 0 || this.#broken !== undefined;
    const { reason, inOrder } = this.#ending ?? { reason: httpError(closed()), inOrder: true };
    const dead = (this.#dead = this.#broken ?? reason);
    // Undici may be telling its requests what happened: it is not to be destroyed meanwhile.
    setImmediate(() => this.destroy(dead));
    if (inOrder && !busy) this.#context.ended();
    else this.#context.lost(dead);
  }
}

function closed(): Error {
  return new Error("the connection was closed");
}
