import type { Readable, Writable } from "node:stream";

import type { Deferred } from "../connection/deferred.ts";
import { deferred } from "../connection/deferred.ts";
import { TransportError, toTransportError } from "../errors/transport-error.ts";
import type { ChannelListener, FrameChannel, LendingStreams } from "./frame-channel.ts";
import type { Head } from "./frame.ts";
import { FrameReader, encodeFrame } from "./frame.ts";

/** Sent and not taken: more of a file is not read for the other side. */
const behindBytes = 1024 * 1024;

/** Sent and not taken: nothing more is heard from the other side, whose requests would be answered with more. */
const farBehindBytes = 8 * behindBytes;

/** A channel over a pair of streams of bytes: a child's stdin and stdout, a pipe, a socket. */
export class StreamChannel implements FrameChannel {
  readonly #readable: Readable;
  readonly #writable: Writable;
  readonly #listener: ChannelListener;
  readonly #reader = new FrameReader();
  #draining: Deferred<void> | undefined;
  #corked = false;
  #ended = false;

  constructor({ readable, writable }: LendingStreams, listener: ChannelListener) {
    this.#readable = readable;
    this.#writable = writable;
    this.#listener = listener;
    const gone = (cause?: unknown): void =>
      this.end(new TransportError("connection-lost", "the other side closed the lending channel", { cause }));
    for (const stream of new Set([readable, writable]))
      stream.on("error", gone).on("close", () => gone(stream.errored ?? undefined));
    writable.on("drain", () => this.#drain());
    readable.on("end", () => gone()).on("data", (chunk: Buffer) => this.#take(chunk));
    this.hold(false);
    // Nobody tells of what has been over before anybody listened.
    if (readable.destroyed || writable.destroyed || readable.readableEnded) process.nextTick(gone);
  }

  send(head: Head, body?: Uint8Array): void {
    if (this.#ended) return;
    this.#cork();
    this.#writable.write(encodeFrame(head, body?.length ?? 0));
    if (body !== undefined && body.length > 0) this.#writable.write(body);
    if (this.#isBehindBy(farBehindBytes)) this.#readable.pause();
  }

  drained(): Promise<void> | undefined {
    if (this.#ended || !this.#isBehindBy(behindBytes)) return undefined;
    return (this.#draining ??= deferred<void>()).promise;
  }

  /** Files, pipes and sockets each have some of these. */
  hold(held: boolean): void {
    for (const stream of [this.#readable, this.#writable] as { ref?: () => void; unref?: () => void }[])
      if (held) stream.ref?.();
      else stream.unref?.();
  }

  end(reason: TransportError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#drain();
    this.#writable.destroy();
    this.#readable.destroy();
    this.#listener.ended(reason);
  }

  #take(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      for (const frame of this.#reader.read(chunk)) {
        this.#listener.frame(frame);
        if (this.#ended) return;
      }
    } catch (error) {
      this.end(toTransportError(error));
    }
  }

  /** A stream that wants to hold more than that says nothing when it has caught up. */
  #isBehindBy(bytes: number): boolean {
    return this.#writable.writableLength >= bytes && this.#writable.writableNeedDrain;
  }

  #drain(): void {
    this.#draining?.resolve();
    this.#draining = undefined;
    if (!this.#ended) this.#readable.resume();
  }

  /** What is sent in one turn goes out together. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#writable.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#writable.uncork();
    });
  }
}
