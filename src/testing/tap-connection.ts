import type { Socket } from "node:net";
import { connect } from "node:net";

import type { Clock } from "../connection/clock.ts";
import { resetSocket } from "../drivers/socket.ts";
import { DelayLine } from "./delay-line.ts";
import { Drip } from "./drip.ts";
import type { TapDirection, TapEnding } from "./tap.ts";

interface TapConnectionEvents {
  /** The parts in which a chunk goes on. */
  arriving(chunk: Buffer, direction: TapDirection): Iterable<Buffer>;
  /** What is passed on of a chunk, and whether the connection ends right after it. */
  passing(chunk: Buffer, direction: TapDirection): { readonly chunk: Buffer; readonly severed: boolean };
  closed(): void;
}

/** Bytes that may be on their way in one direction before the sender is made to wait: a fast network's bandwidth times a long delay. */
const maxUnderwayBytes = 16 * 1024 * 1024;

/** One connection through a tap: two sockets, and a delay line and a drip each way. */
export class TapConnection {
  /** Bytes that were passed on so far. */
  readonly bytes: Record<TapDirection, number> = { up: 0, down: 0 };
  /** How much later than it came everything goes on, each way. */
  delayMs = 0;
  readonly #sockets: readonly [client: Socket, server: Socket];
  readonly #ways: Record<TapDirection, Way>;
  readonly #events: TapConnectionEvents;
  #closed = false;

  constructor(
    client: Socket,
    target: { readonly host: string; readonly port: number },
    clock: Clock,
    events: TapConnectionEvents,
  ) {
    const server = connect({ ...target, allowHalfOpen: true, noDelay: true });
    this.#sockets = [client, server];
    this.#events = events;
    this.#ways = {
      up: this.#connect(client, server, "up", clock),
      down: this.#connect(server, client, "down", clock),
    };
    for (const socket of this.#sockets) {
      socket.on("error", () => this.sever("reset")); // A reset on one side is a reset on the other.
      socket.on("close", () => this.#settle());
    }
  }

  /** While on, nothing is passed on in a direction, and nothing is closed. */
  stall(on: boolean, direction: TapDirection): void {
    this.#ways[direction].stall(on);
  }

  /** Passes on a single byte each `everyMs` milliseconds in a direction; 0: everything again, what waits first. */
  drip(everyMs: number, direction: TapDirection): void {
    this.#ways[direction].drip(everyMs);
  }

  /** Cuts it on both sides. What is on its way is lost. */
  sever(ending: TapEnding): void {
    for (const way of Object.values(this.#ways)) way.clear();
    for (const socket of this.#sockets) {
      if (ending === "reset" && !socket.connecting) resetSocket(socket);
      else socket.destroy();
    }
    this.#leave();
  }

  #connect(from: Socket, to: Socket, direction: TapDirection, clock: Clock): Way {
    const way = new Way(from, to, clock, (received) => {
      if (to.destroyed) return;
      const { chunk, severed } = this.#events.passing(received, direction);
      this.bytes[direction] += chunk.length;
      to.write(chunk);
      if (severed) this.sever("reset");
    });
    from.on("data", (chunk: Buffer) => {
      for (const part of this.#events.arriving(chunk, direction)) way.send(part, this.delayMs);
    });
    from.on("end", () => way.end(this.delayMs));
    return way;
  }

  #settle(): void {
    if (this.#sockets.every((socket) => socket.destroyed)) this.#leave();
  }

  #leave(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const way of Object.values(this.#ways)) way.clear();
    this.#events.closed();
  }
}

/** One direction: reads from one socket only while what it read before can go on. */
class Way {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #line: DelayLine;
  readonly #drip: Drip;
  #stalled = false;

  constructor(from: Socket, to: Socket, clock: Clock, pass: (chunk: Buffer) => void) {
    this.#from = from;
    this.#to = to;
    this.#drip = new Drip(clock, {
      fell: (bytes) => {
        pass(bytes);
        this.#regulate();
      },
      ended: () => to.end(),
    });
    this.#line = new DelayLine({
      arrived: (chunk) => this.#drip.send(chunk),
      ended: () => this.#drip.end(),
    });
    to.on("drain", () => this.#regulate());
  }

  send(chunk: Buffer, delayMs: number): void {
    this.#line.send(chunk, delayMs);
    this.#regulate();
  }

  end(delayMs: number): void {
    this.#line.end(delayMs);
  }

  stall(on: boolean): void {
    this.#stalled = on;
    this.#line.hold(on);
    this.#regulate();
  }

  drip(everyMs: number): void {
    this.#drip.every(everyMs);
    this.#regulate();
  }

  clear(): void {
    this.#line.clear();
    this.#drip.clear();
  }

  #regulate(): void {
    if (this.#from.destroyed) return;
    const underway = this.#line.bytesUnderway + this.#drip.bytesWaiting;
    if (this.#stalled || this.#to.writableNeedDrain || underway > maxUnderwayBytes) this.#from.pause();
    else this.#from.resume();
  }
}
