import type { Timer } from "../../src/extend.ts";
import type { Tap, TapDirection } from "../../src/testing.ts";
import { startTap } from "../../src/testing.ts";
import type { TapConnection } from "../../src/testing/tap-connection.ts";
import type { Door } from "../bad-day/door.ts";
import { openDoor } from "../bad-day/door.ts";
import { Entrance } from "./entrance.ts";
import type { Fault } from "./fault.ts";
import { delayedMs, dripEveryMs } from "./fault.ts";
import { garbage } from "./garbage.ts";
import { matrixClock } from "./matrix-clock.ts";
import type { Striker } from "./striker.ts";

/** When the fault strikes, by what passes. */
interface Moment {
  /** How many bytes of a chunk pass before that; undefined where it is not yet. */
  readonly when: (chunk: Buffer, direction: TapDirection, connection: TapConnection) => number | undefined;
  readonly strike: () => void;
}

/**
 * A way to a server on which things go wrong when they are told to: a door, which may be shut, and a tap behind it, which spoils what the server says.
 * A fault strikes the connections that are open at that moment; those that are made later are well, until the fault strikes again.
 */
export class Wedge implements Striker, AsyncDisposable {
  readonly port: number;
  /** What happens to who knocks: for the phase in which TCP connects. */
  readonly entrance: Striker;
  readonly #door: Door;
  readonly #tap: Tap;
  readonly #struck = new Map<TapConnection, Fault>();
  readonly #late = new Map<Timer, TapConnection>();
  #moment: Moment | undefined;
  #accepted: (() => void) | undefined;

  constructor(door: Door, tap: Tap) {
    this.port = door.port;
    this.entrance = new Entrance(door);
    this.#door = door;
    this.#tap = tap;
  }

  /** Connections to the server that are open now. */
  get open(): number {
    return this.#tap.open;
  }

  /** Connections accepted so far. */
  get accepted(): number {
    return this.#tap.accepted;
  }

  /** Strikes each connection as it is made, before the server has said anything. */
  atConnection(strike: () => void): void {
    this.#accepted = strike;
  }

  /** Strikes once that many more bytes have passed on a connection: on each, where `strike` strikes again. */
  afterBytes(bytes: number, direction: TapDirection, strike: () => void): void {
    const before = new Map(this.#tap.connections.map((connection) => [connection, connection.bytes[direction]]));
    const when: Moment["when"] = (chunk, way, connection) => {
      if (way !== direction || this.#struck.has(connection)) return undefined;
      const left = bytes + (before.get(connection) ?? 0) - connection.bytes[direction];
      return left < chunk.length ? Math.max(0, left) : undefined;
    };
    this.#moment = { when, strike };
  }

  /** Strikes when a chunk is seen that `isIt` recognises: before it, if the server says it; after it, if the client does. */
  atSight(isIt: (chunk: Buffer, direction: TapDirection) => boolean, strike: () => void): void {
    const when: Moment["when"] = (chunk, direction) => {
      if (!isIt(chunk, direction)) return undefined;
      return direction === "down" ? 0 : chunk.length;
    };
    this.#moment = { when, strike };
  }

  strike(fault: Fault): void {
    for (const connection of this.#tap.connections) {
      if (this.#struck.has(connection)) continue;
      this.#struck.set(connection, fault);
      if (fault === "reset" || fault === "fin") this.#cut(connection, fault);
      if (fault === "drip") connection.drip(dripEveryMs, "down");
      if (fault === "delay") this.#delay(connection);
    }
  }

  heal(): void {
    this.#moment = this.#accepted = undefined;
    for (const [timer, connection] of this.#late) {
      timer.cancel();
      connection.stall(false, "down");
    }
    this.#late.clear();
    for (const [connection, fault] of this.#struck) if (fault === "drip") connection.drip(0, "down");
  }

  async close(): Promise<void> {
    this.heal();
    await this.#door.close();
    await this.#tap.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** For the tap: the parts of a chunk, between which the fault strikes. */
  *divide(chunk: Buffer, direction: TapDirection, connection: TapConnection): Iterable<Buffer> {
    const at = this.#moment?.when(chunk, direction, connection);
    if (at === undefined) return yield chunk;
    if (at > 0) yield chunk.subarray(0, at);
    this.#moment?.strike();
    if (at < chunk.length) yield chunk.subarray(at);
  }

  /** For the tap: what is passed on in the place of a chunk. */
  spoil(chunk: Buffer, direction: TapDirection, connection: TapConnection): Buffer {
    if (direction === "up") return chunk;
    switch (this.#struck.get(connection)) {
      case "garbage":
        return garbage(chunk.length, `${connection.bytes.down}`);
      case "half":
        this.#struck.set(connection, "fin");
        this.#cut(connection, "fin");
        return chunk.subarray(0, Math.floor(chunk.length / 2));
      case "silence":
      case "reset":
      case "fin":
        return Buffer.alloc(0);
      default:
        return chunk;
    }
  }

  /** For the tap: somebody came in. */
  accept(): void {
    this.#accepted?.();
  }

  /** Once what is being passed on has been. */
  #cut(connection: TapConnection, fault: "reset" | "fin"): void {
    queueMicrotask(() => connection.sever(fault === "reset" ? "reset" : "close"));
  }

  #delay(connection: TapConnection): void {
    connection.stall(true, "down");
    const timer = matrixClock.timeout(delayedMs, () => {
      this.#late.delete(timer);
      connection.stall(false, "down");
    });
    this.#late.set(timer, connection);
  }
}

/** Puts a wedge before the server on a port of this machine. */
export async function startWedge(port: number): Promise<Wedge> {
  const tap = await startTap(
    { port },
    {
      divide: (chunk, direction, connection) => wedge.divide(chunk, direction, connection),
      rewrite: (chunk, direction, connection) => wedge.spoil(chunk, direction, connection),
      accepted: () => wedge.accept(),
      clock: matrixClock,
    },
  );
  const wedge = new Wedge(await openDoor(tap.port), tap);
  return wedge;
}
