import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { connect, constants } from "node:http2";

import { whenAborted } from "../connection/abort.ts";
import type { Clock, Timer } from "../connection/clock.ts";
import type { WireTraffic } from "../connection/connector.ts";
import { TransportError } from "../errors/transport-error.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import type { AnswerReceiver, Exchange, HttpRequest } from "./http-message.ts";
import type { HeldSocket, HttpWire, WireContext } from "./http-wire.ts";
import { errnoReasons } from "./socket-errors.ts";

/** Requests at once: what Apache allows, a little less than nginx. A server that has less says so. */
const mostStreams = 100;

/** What a server may send ahead of a reader, in bytes: on one stream, which a slow reader keeps in memory, and on all. */
const streamWindow = 1024 * 1024;
const sessionWindow = 16 * 1024 * 1024;

/** How often in a limit of silence a session is looked at that is nobody's to watch any more. */
const looks = 8;

/** One HTTP/2 connection, which carries many requests at once. */
export class Http2Wire implements HttpWire {
  readonly #session: ClientHttp2Session;
  readonly #socket: HeldSocket;
  readonly #authority: string;
  readonly #context: WireContext;
  readonly #running = new Set<Http2Exchange>();
  readonly #silenceTimeoutMs: number;
  readonly #closed: Promise<void>;
  readonly #greeted: Promise<void>;
  /** Its streams need not wait for one another. */
  readonly pipelines: boolean = false;
  readonly clock: Clock;
  #capacity = mostStreams;
  #error: Error | undefined;
  #leaving = false;
  #dead: TransportError | undefined;

  /**
   * Takes over a connected socket; `origin` is what its server is called. `silenceTimeoutMs` is how long a session that the server is closing may be
   * silent while an answer is awaited: its leases are no longer the pool's to watch.
   */
  constructor(held: HeldSocket, origin: string, context: WireContext, silenceTimeoutMs: number) {
    this.#silenceTimeoutMs = silenceTimeoutMs;
    this.#socket = held;
    this.#context = context;
    this.clock = context.clock;
    this.#authority = origin.slice(origin.indexOf("//") + 2);
    const session = connect(origin, {
      createConnection: () => held.socket,
      settings: { enablePush: false, initialWindowSize: streamWindow },
    });
    this.#session = session;
    session.once("connect", () => session.setLocalWindowSize(sessionWindow));
    this.#greeted = new Promise((resolve) => {
      session.on("remoteSettings", ({ maxConcurrentStreams = mostStreams }) => {
        this.#capacity = Math.max(1, Math.min(mostStreams, roomOn(maxConcurrentStreams)));
        resolve();
      });
    });
    const noteError = (error: Error): void => void (this.#error ??= error);
    session.on("error", noteError);
    held.socket.on("error", noteError);
    // A session does not always notice that its socket was reset.
    held.socket.once("close", () => setImmediate(() => this.#die()));
    session.on("goaway", (code) => this.#leave(code));
    this.#closed = new Promise((resolve) => {
      session.on("close", () => {
        this.#die();
        resolve();
      });
    });
  }

  /**
   * Resolves once the server has said how it wants to be spoken to, rejects where it hangs up instead. Node (20) does not notice a session that is reset
   * before its first word, so nothing is entrusted to it before.
   */
  async greeted(signal: AbortSignal): Promise<void> {
    let stopListening = (): void => undefined;
    const aborted = new Promise<never>((_resolve, reject) => {
      stopListening = whenAborted(signal, () => reject(signal.reason as TransportError));
    });
    const hungUp = this.#closed.then(() => Promise.reject(hungUpFirst(this.#dead ?? this.#lost())));
    try {
      await Promise.race([this.#greeted, hungUp, aborted]);
    } finally {
      stopListening();
      hungUp.catch(() => undefined); // Later it is the pool's to know.
    }
  }

  get capacity(): number {
    return this.#capacity;
  }

  send({ method, target, headers, body }: HttpRequest, receiver: AnswerReceiver): Exchange {
    if (this.#dead !== undefined || this.#session.closed || this.#session.destroyed)
      return failedExchange(receiver, this.#ended());
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request(
        { ...headers, ":method": method, ":path": target, ":scheme": "https", ":authority": this.#authority },
        { endStream: body === undefined },
      );
    } catch (error) {
      // The session has just been closed, or has numbered all the streams that it may.
      return failedExchange(receiver, this.#lost(error as Error));
    }
    const exchange = new Http2Exchange(
      stream,
      body,
      receiver,
      (error) => (this.#session.destroyed ? this.#ended(error) : this.#lost(error)),
      (over) => this.#running.delete(over),
    );
    this.#running.add(exchange);
    return exchange;
  }

  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      const sent =
        !this.#session.closed && this.#session.ping((error) => (error ? reject(this.#lost(error)) : resolve()));
      if (!sent) reject(this.#lost());
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
    this.#session.close();
    await this.#closed;
  }

  destroy(reason: TransportError): void {
    // Also where a goodbye was begun, and does not come to its end.
    this.#dead ??= reason;
    for (const exchange of this.#running) exchange.fail(reason);
    this.#session.destroy();
    this.#socket.socket.destroy();
  }

  /** The server takes no more requests here, but answers those that it has: it is left in good order, and another connection is opened. */
  #leave(code: number): void {
    if (code !== constants.NGHTTP2_NO_ERROR || this.#dead !== undefined || this.#leaving) return;
    this.#leaving = true;
    this.#session.close();
    this.#watchSilence();
    this.#context.ended();
  }

  /** Looks now and then whether something came of each request since: what else a server says is no answer. */
  #watchSilence(): void {
    const seen = new Map<Http2Exchange, { readonly steps: number; readonly at: number }>();
    const watch: Timer = this.clock.interval(Math.max(10, this.#silenceTimeoutMs / looks), () => {
      const now = this.clock.now();
      for (const exchange of [...this.#running]) {
        const { steps, awaited } = exchange;
        const last = seen.get(exchange);
        if (last?.steps !== steps || !awaited) seen.set(exchange, { steps, at: now });
        else if (now - last.at > this.#silenceTimeoutMs) this.#giveUp(exchange);
      }
    });
    void this.#closed.then(() => watch.cancel());
  }

  #giveUp(exchange: Http2Exchange): void {
    const reason = silence(this.#silenceTimeoutMs);
    exchange.abort(reason);
    // Nobody waits for the end of a session on which there is nothing left.
    if (this.#running.size === 0) this.destroy(reason);
  }

  /** Why the session takes no requests any more. Its pool is told before whoever asks, who would be lent it again. */
  #ended(error?: Error): TransportError {
    if (!this.#leaving) this.#die(error);
    return this.#dead ?? this.#lost(error);
  }

  #die(error?: Error): void {
    if (this.#dead !== undefined) return;
    const reason = this.#lost(this.#error ?? error);
    this.destroy(reason);
    // A server that closes in good order says so before.
    if (!this.#leaving) this.#context.lost(reason);
  }

  #lost(error: Error | undefined = this.#error): TransportError {
    const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
    const reason = errnoReasons[code] ?? "the server closed the connection";
    return new TransportError("connection-lost", reason, { temporary: true, cause: error });
  }
}

/** A session that ends before its server's first word is none that could be lost. */
function hungUpFirst({ reason, cause }: TransportError): TransportError {
  return new TransportError("connection-failed", `${reason} before it had begun`, { temporary: true, cause });
}

/** Servers count a stream for a moment longer than its client does: nginx refuses the next one then, if there are as many as it takes. */
function roomOn(maxConcurrentStreams: number): number {
  return maxConcurrentStreams < 16 ? maxConcurrentStreams : Math.floor((maxConcurrentStreams * 3) / 4);
}

function silence(ms: number): TransportError {
  return new TransportError("timeout", `the server said nothing for ${ms} ms`, { temporary: true });
}

function failedExchange(receiver: AnswerReceiver, reason: TransportError): Exchange {
  queueMicrotask(() => receiver.fail(reason));
  return { resume: () => undefined, abort: () => undefined };
}
