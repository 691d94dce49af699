import type { Duplex, Readable, Writable } from "node:stream";
import { MessagePort } from "node:worker_threads";

import type { TransportError } from "../errors/transport-error.ts";
import type { Frame, Head } from "./frame.ts";
import { PortChannel } from "./port-channel.ts";
import { StreamChannel } from "./stream-channel.ts";

/** A pair of streams of bytes, one in each direction. */
export interface LendingStreams {
  /** What the other side says. */
  readonly readable: Readable;
  /** What is said to the other side. */
  readonly writable: Writable;
}

/** What two processes or threads speak over: one end of a `MessageChannel`, a socket or pipe in both directions, or a pair of streams. Nobody else uses it. */
export type LendingChannel = MessagePort | Duplex | LendingStreams;

/** Who is told what comes. */
export interface ChannelListener {
  /** May throw, which ends the channel. */
  frame(frame: Frame): void;
  /** Once, when nothing comes any more, and nothing that is sent arrives. */
  ended(reason: TransportError): void;
}

/** One end of a channel. */
export interface FrameChannel {
  /** Sends a frame, in order. What is sent after the end is dropped. The body is not to be changed afterwards. */
  send(head: Head, body?: Uint8Array): void;
  /** Where the other side is behind: resolves once it has caught up, or has gone. */
  drained(): Promise<void> | undefined;
  /** While it is held it keeps the process alive. */
  hold(held: boolean): void;
  /** Ends it; the listener is told why. */
  end(reason: TransportError): void;
}

/** Takes over one end of a channel. It does not keep the process alive by itself. */
export function openChannel(channel: LendingChannel, listener: ChannelListener): FrameChannel {
  if (channel instanceof MessagePort) return new PortChannel(channel, listener);
  return new StreamChannel(isPair(channel) ? channel : { readable: channel, writable: channel }, listener);
}

function isPair(channel: Duplex | LendingStreams): channel is LendingStreams {
  return typeof channel.readable === "object";
}
