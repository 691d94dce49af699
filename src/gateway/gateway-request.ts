import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";

import type { Transport } from "../transport/transport.ts";
import { Refusal } from "./refusal.ts";
import type { GatewayTarget } from "./target.ts";
import { parseTarget } from "./target.ts";

/** How a request is told that it is to end. */
export interface RequestSignals {
  /** Aborts when the client goes away, and when the gateway cuts what is still under way. */
  readonly signal: AbortSignal;
  /** Aborts in the second case alone: a change that was begun is brought to its end though nobody hears of it. */
  readonly closing: AbortSignal;
}

/** A request that was let in, and where it is answered. */
export class GatewayRequest implements RequestSignals {
  readonly transport: Transport;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
  readonly closing: AbortSignal;
  readonly method: string;
  /** The host and port that the client believes it asks. */
  readonly authority: string;
  /** Plain text below the transport's base, without a slash at either end; `""` is the base itself. */
  readonly path: string;
  /** Whether the target ended in a slash. */
  readonly slash: boolean;
  /** The query as it was written, with its question mark; or `""`. */
  readonly search: string;
  #bodyAsked = false;

  constructor(
    transport: Transport,
    message: IncomingMessage,
    response: ServerResponse,
    { authority, path, slash, search }: GatewayTarget & { readonly authority: string },
    { signal, closing }: RequestSignals,
  ) {
    this.transport = transport;
    this.message = message;
    this.response = response;
    this.signal = signal;
    this.closing = closing;
    this.method = message.method ?? "";
    this.authority = authority;
    this.path = path;
    this.slash = slash;
    this.search = search;
  }

  get query(): URLSearchParams {
    return new URLSearchParams(this.search);
  }

  /** The value of a header field, by its lower-case name. */
  header(name: string): string | undefined {
    const value = this.message.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  /** Whether the client waits to be told that it may send the body (`Expect: 100-continue`). One of HTTP/1.0 does not (RFC 9110, 10.1.1). */
  get bodyAwaited(): boolean {
    const { httpVersion } = this.message;
    return !this.#bodyAsked && httpVersion !== "1.0" && /\b100-continue\b/i.test(this.header("expect") ?? "");
  }

  /** The body. A client that waits for that sends it from now on. */
  body(): Readable {
    if (this.bodyAwaited && !this.response.headersSent) this.response.writeContinue();
    this.#bodyAsked = true;
    return this.message;
  }

  /**
   * Where a path or a URL in a header leads.
   *
   * @throws Refusal 400 for what is neither, 502 for a URL of another server
   */
  target(text: string): GatewayTarget {
    const target = parseTarget(text);
    // Either may name the port that the other leaves out, as is usual (RFC 9110, 4.2.3).
    const usualPort = /^https:/i.test(text) ? /:443$/ : /:80$/;
    const place = (authority: string): string => authority.toLowerCase().replace(usualPort, "");
    if (target.authority === undefined || place(target.authority) === place(this.authority)) return target;
    throw new Refusal(502, "that is on another server");
  }
}

/** Whether a request has a body. Who does not read it has to close the connection, or reads it as the next request. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
