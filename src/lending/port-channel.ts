import type { MessagePort } from "node:worker_threads";

import { TransportError, toTransportError } from "../errors/transport-error.ts";
import type { ChannelListener, FrameChannel } from "./frame-channel.ts";
import type { Frame, Head } from "./frame.ts";
import { checkHead, maxBodyBytes, notAFrame } from "./frame.ts";

/**
 * A channel between threads. Bodies are moved, not copied once more. A port holds nobody back: what keeps it short is that both sides send no more content
 * than the other has asked for.
 */
export class PortChannel implements FrameChannel {
  readonly #port: MessagePort;
  readonly #listener: ChannelListener;
  #ended = false;

  constructor(port: MessagePort, listener: ChannelListener) {
    this.#port = port;
    this.#listener = listener;
    port.on("message", (message: unknown) => this.#take(message));
    port.on("messageerror", (cause) => this.end(notAFrame("it cannot be read", cause)));
    port.on("close", () =>
      this.end(new TransportError("connection-lost", "the other side closed the lending channel")),
    );
    port.unref();
  }

  send(head: Head, body?: Uint8Array): void {
    if (this.#ended) return;
    // A copy of its own: what is left of a larger buffer stays here, and may be somebody else's.
    const moved = body === undefined ? undefined : new Uint8Array(body);
    this.#port.postMessage({ head, body: moved }, moved === undefined ? [] : [moved.buffer]);
  }

  drained(): undefined {
    return undefined;
  }

  hold(held: boolean): void {
    if (held) this.#port.ref();
    else this.#port.unref();
  }

  end(reason: TransportError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#port.close();
    this.#listener.ended(reason);
  }

  #take(message: unknown): void {
    if (this.#ended) return;
    try {
      this.#listener.frame(frameFrom(message));
    } catch (error) {
      this.end(toTransportError(error));
    }
  }
}

function frameFrom(message: unknown): Frame {
  const { head, body } = checkHead(message);
  if (body !== undefined && (!(body instanceof Uint8Array) || body.length > maxBodyBytes))
    throw notAFrame("its body is none");
  return {
    head: checkHead(head),
    body: body === undefined ? undefined : Buffer.from(body.buffer, body.byteOffset, body.length),
  };
}
