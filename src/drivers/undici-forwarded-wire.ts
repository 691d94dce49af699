import type { Socket } from "node:net";

import type { Client } from "undici";

import type { TransportError } from "../errors/transport-error.ts";
import { parseChallenges } from "./http-challenge.ts";
import type { AnswerReceiver, Exchange, HttpHeaders, HttpRequest } from "./http-message.ts";
import type { HeldSocket, WireContext } from "./http-wire.ts";
import { ofProxy, refusedByProxy } from "./proxy-errors.ts";
import type { ProxyTarget } from "./proxy-target.ts";
import { proxyAuthorization } from "./proxy-target.ts";
import { UndiciWire } from "./undici-wire.ts";

/** A proxy that is told with each request where it goes. */
export interface HttpForwarding {
  readonly proxy: ProxyTarget;
  /** Told where it refuses whoever asks. */
  readonly refused?: ((refusal: TransportError) => void) | undefined;
}

/** A connection to a proxy, for the requests to one origin: each has its whole URL for a target (RFC 9112, 3.2.2). */
export class ForwardedWire extends UndiciWire {
  /** What is behind the proxy has not been seen to do that, nor has the proxy. */
  override readonly pipelines: boolean = false;
  readonly #socket: Socket;
  readonly #origin: string;
  readonly #forwarding: HttpForwarding;

  constructor(client: Client, held: HeldSocket, context: WireContext, origin: string, forwarding: HttpForwarding) {
    super(client, held, context);
    this.#socket = held.socket;
    this.#origin = origin;
    this.#forwarding = forwarding;
  }

  override send(request: HttpRequest, receiver: AnswerReceiver): Exchange {
    const authorization = proxyAuthorization(this.#forwarding.proxy);
    const forwarded: HttpRequest = {
      ...request,
      target: this.#origin + request.target,
      headers: {
        ...request.headers,
        ...(authorization === undefined ? undefined : { "proxy-authorization": authorization }),
      },
    };
    let lasts = false;
    const exchange = super.send(forwarded, {
      head: (status, headers) => {
        lasts = saysThatItLasts(headers);
        if (status === 407) exchange.abort(this.#refusal(headers.get("proxy-authenticate")));
        else receiver.head(status, headers);
      },
      data: (chunk) => receiver.data(chunk),
      end: () => (lasts ? receiver.end() : this.#leave(() => receiver.end())),
      fail: (error) => receiver.fail(error),
    });
    return exchange;
  }

  /**
   * Ends the connection, and says so before anybody is lent it again. Tinyproxy closes after each answer and does not say that it will: what was sent meanwhile
   * would be lost.
   */
  #leave(left: () => void): void {
    if (this.#socket.closed) return void setImmediate(left);
    this.#socket.once("close", () => setImmediate(left));
    this.#socket.destroy();
  }

  #refusal(challenges: string | undefined): TransportError {
    const { proxy, refused } = this.#forwarding;
    const schemes = parseChallenges(challenges).map(({ scheme }) => scheme);
    const refusal = ofProxy(refusedByProxy(proxy, schemes), proxy);
    refused?.(refusal);
    return refusal;
  }
}

/** Whether a proxy promises to take another request on the same connection. HTTP/1.1 means it unsaid, which not every proxy does. */
function saysThatItLasts(headers: HttpHeaders): boolean {
  const said = [headers.get("connection"), headers.get("proxy-connection")].join(",").toLowerCase();
  return said.split(",").some((word) => word.trim() === "keep-alive");
}
