import type { Socket } from "node:net";
import { connect } from "node:net";

import { DelayLine } from "./delay-line.ts";
import type { TapDirection } from "./tap.ts";

interface TapConnectionEvents {
  passed(direction: TapDirection, bytes: number): void;
  closed(): void;
}

/** Bytes that may be on their way in one direction before the sender is made to wait: a fast network's bandwidth times a long delay. */
const maxUnderwayBytes = 16 * 1024 * 1024;

/** One connection through a tap: two sockets, and a delay line each way. */
export class TapConnection {
  readonly bytes: Record<TapDirection, number> = { up: 0, down: 0 };
  delayMs = 0;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #events: TapConnectionEvents;
  readonly #lines: DelayLine[] = [];
  #stalled = false;
  #closed = false;

  constructor(client: Socket, target: { readonly host: string; readonly port: number }, events: TapConnectionEvents) {
    this.#client = client;
    this.#events = events;
    this.#server = connect({ ...target, allowHalfOpen: true, noDelay: true });
    this.#pass(this.#client, this.#server, "up");
    this.#pass(this.#server, this.#client, "down");
    for (const socket of [this.#client, this.#server]) {
      socket.on("error", () => this.sever()); // A reset on one side is a reset on the other.
      socket.on("close", () => this.#settle());
    }
  }

  stall(on: boolean): void {
    this.#stalled = on;
    for (const socket of [this.#client, this.#server]) {
      if (on) socket.pause();
      else socket.resume();
    }
  }

  sever(): void {
    for (const line of this.#lines) line.clear();
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
    this.#leave();
  }

  #pass(from: Socket, to: Socket, direction: TapDirection): void {
    const line = new DelayLine((chunk) => {
      if (to.destroyed) return;
      this.bytes[direction] += chunk.length;
      if (!to.write(chunk)) from.pause();
      this.#events.passed(direction, chunk.length);
    });
    this.#lines.push(line);
    from.on("data", (chunk: Buffer) => {
      line.send(chunk, this.delayMs);
      if (line.bytesUnderway > maxUnderwayBytes) {
        from.pause();
        void line.drained().then(() => this.#resume(from));
      }
    });
    from.on("end", () => void line.drained().then(() => to.end()));
    to.on("drain", () => this.#resume(from));
  }

  #resume(socket: Socket): void {
    if (!this.#stalled) socket.resume();
  }

  #settle(): void {
    if (this.#client.destroyed && this.#server.destroyed) this.#leave();
  }

  #leave(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.closed();
  }
}
