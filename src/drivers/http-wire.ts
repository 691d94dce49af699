import type { Socket } from "node:net";

import type { Clock } from "../connection/clock.ts";
import type { OpenContext, WireTraffic } from "../connection/connector.ts";
import type { TransportError } from "../errors/transport-error.ts";
import type { AnswerReceiver, Exchange, HttpRequest } from "./http-message.ts";
import { trafficOf } from "./socket.ts";

/** One connection to an HTTP server. It ends with its socket. */
export interface HttpWire {
  /** How many requests it carries at once: one for HTTP/1.1. */
  readonly capacity: number;
  /** Whether requests may be sent on it before those before them are answered, although it carries one at a time. */
  readonly pipelines: boolean;
  /** What limits on it are measured by. */
  readonly clock: Clock;
  /** Sends a request; `receiver` is told all that follows, never before this returned. */
  send(request: HttpRequest, receiver: AnswerReceiver): Exchange;
  /** Resolves once the server gave a sign of life. */
  ping(signal: AbortSignal): Promise<void>;
  /** While held, the connection keeps the process alive. */
  hold(held: boolean): void;
  /** A live view. */
  traffic(): WireTraffic;
  /** Closes the connection, which nobody uses any more. */
  end(): Promise<void>;
  /** Drops the connection at once; what is under way fails with `reason`. */
  destroy(reason: TransportError): void;
}

/** What a wire tells its pool. */
export type WireContext = Pick<OpenContext, "lost" | "ended" | "clock">;

/** A socket of which one wire alone says whether it keeps the process alive: the packages below would keep it for a stream that nobody reads. */
export class HeldSocket {
  readonly socket: Socket;
  readonly traffic: WireTraffic;
  readonly #ref: () => void;
  readonly #unref: () => void;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#ref = socket.ref.bind(socket);
    this.#unref = socket.unref.bind(socket);
    socket.ref = socket.unref = () => socket;
    this.traffic = trafficOf(socket);
  }

  hold(held: boolean): void {
    if (held) this.#ref();
    else this.#unref();
  }
}
