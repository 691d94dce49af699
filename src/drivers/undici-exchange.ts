import type { Dispatcher } from "undici";

import type { TransportError } from "../errors/transport-error.ts";
import type { AnswerReceiver, Exchange } from "./http-message.ts";
import { HttpHeaders } from "./http-message.ts";

type Controller = Dispatcher.DispatchController;

/** One request on a dispatcher, and its answer as it is handed on. It settles once: with its end, a failure, or being given up. */
export class UndiciExchange implements Exchange, Dispatcher.DispatchHandler {
  readonly #receiver: AnswerReceiver;
  readonly #explain: (error: Error) => TransportError;
  /** Told once it is over, before the receiver is. */
  readonly #over: (exchange: UndiciExchange, failure: TransportError | undefined) => void;
  #controller: Controller | undefined;
  #abortedFor: TransportError | undefined;
  #settled = false;

  constructor(
    receiver: AnswerReceiver,
    explain: (error: Error) => TransportError,
    over: (exchange: UndiciExchange, failure: TransportError | undefined) => void,
  ) {
    this.#receiver = receiver;
    this.#explain = explain;
    this.#over = over;
  }

  resume(): void {
    if (!this.#settled) this.#controller?.resume();
  }

  abort(reason: TransportError): void {
    this.#abortedFor ??= reason;
    this.fail(reason);
    this.#controller?.abort(reason);
  }

  fail(error: TransportError): void {
    if (!this.#settle(error)) return;
    this.#receiver.fail(error);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#abortedFor !== undefined) controller.abort(this.#abortedFor);
  }

  onResponseStart(
    _controller: Controller,
    status: number,
    fields: Record<string, string | string[] | undefined>,
  ): void {
    // What comes before the answer (103 Early Hints) is not the answer.
    if (status >= 200 && !this.#settled) this.#receiver.head(status, new HttpHeaders(fields));
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (!this.#settled && !this.#receiver.data(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    // By then undici has closed a connection that its server wants closed, and nobody is lent it any more.
    queueMicrotask(() => {
      if (this.#settle(undefined)) this.#receiver.end();
    });
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.fail(this.#explain(error));
  }

  #settle(failure: TransportError | undefined): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#over(this, failure);
    return true;
  }
}
