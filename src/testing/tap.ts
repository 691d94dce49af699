import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";

import type { Clock } from "../connection/clock.ts";
import { systemClock } from "../connection/clock.ts";
import { resetSocket } from "../drivers/socket.ts";
import { TapConnection } from "./tap-connection.ts";

/** Where a tap leads. */
export interface TapTarget {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The server's. */
  readonly port: number;
}

/** From the client to the server, or back. */
export type TapDirection = "up" | "down";

/** How a connection is cut: by a reset, as a crash or a firewall does, or closed in good order on both sides, as a server that stops does. */
export type TapEnding = "reset" | "close";

/** Options of `startTap`. */
export interface TapOptions {
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Sees every chunk that is about to be passed on, and returns what is passed on in its place. */
  readonly rewrite?: (chunk: Buffer, direction: TapDirection, connection: TapConnection) => Buffer;
  /** Sees every chunk as it arrives, and gives the parts in which it goes on, one after another. */
  readonly divide?: (chunk: Buffer, direction: TapDirection, connection: TapConnection) => Iterable<Buffer>;
  /** Called with each connection as it is accepted, before anything passes. */
  readonly accepted?: (connection: TapConnection) => void;
  /** What it drips by. Default: the machine's own clock. */
  readonly clock?: Clock;
}

const directions = ["up", "down"] as const satisfies readonly TapDirection[];

/** A TCP proxy before any server: counts connections and bytes, and makes the faults that networks make. */
export class Tap implements AsyncDisposable {
  /** Where it listens. */
  readonly host: string;
  /** A free one. */
  readonly port: number;
  readonly #server: Server;
  readonly #connections = new Set<TapConnection>();
  #accepted = 0;
  #maxOpen = 0;
  #refusing = false;
  readonly #rewrite: NonNullable<TapOptions["rewrite"]>;
  readonly #divide: NonNullable<TapOptions["divide"]>;
  readonly #welcome: NonNullable<TapOptions["accepted"]>;
  readonly #clock: Clock;
  readonly #stalled: Record<TapDirection, boolean> = { up: false, down: false };
  readonly #past: Record<TapDirection, number> = { up: 0, down: 0 };
  #delayMs = 0;
  #cuts: { readonly direction: TapDirection; left: number }[] = [];

  constructor(
    server: Server,
    target: Required<TapTarget>,
    {
      host,
      rewrite = (chunk) => chunk,
      divide = (chunk) => [chunk],
      accepted = () => undefined,
      clock = systemClock,
    }: TapOptions & { readonly host: string },
  ) {
    this.#server = server;
    this.#rewrite = rewrite;
    this.#divide = divide;
    this.#welcome = accepted;
    this.#clock = clock;
    this.host = host;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket) => this.#accept(socket, target));
  }

  /** Connections accepted so far, without those that were refused. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Connections open now. */
  get open(): number {
    return this.#connections.size;
  }

  /** Those that are open now: each can be stalled, severed and made to drip by itself. */
  get connections(): readonly TapConnection[] {
    return [...this.#connections];
  }

  /** The most that were open at once. */
  get maxOpen(): number {
    return this.#maxOpen;
  }

  /** Bytes from clients to the server. */
  get bytesUp(): number {
    return this.#total("up");
  }

  /** Bytes from the server to clients. */
  get bytesDown(): number {
    return this.#total("down");
  }

  /** Adds a delay each way, in milliseconds: the round trip grows by twice as much. Bandwidth and order stay. */
  delay(ms: number): void {
    this.#delayMs = ms;
    for (const connection of this.#connections) connection.delayMs = ms;
  }

  /** While on, nothing is passed on, in one direction or in both, and nothing is closed: a silent network. */
  stall(on = true, direction?: TapDirection): void {
    for (const way of direction === undefined ? directions : [direction]) {
      this.#stalled[way] = on;
      for (const connection of this.#connections) connection.stall(on, way);
    }
  }

  /** While on, new connections are reset as soon as they are made. */
  refuse(on = true): void {
    this.#refusing = on;
  }

  /** Cuts every open connection, on both sides. What is on its way is lost. */
  sever(ending: TapEnding = "reset"): void {
    for (const connection of this.connections) connection.sever(ending);
  }

  /** Passes on that many more bytes in a direction, counted over all connections, then resets the connection that carried the last one. Once. */
  severAfter(bytes: number, direction: TapDirection): void {
    this.#cuts.push({ direction, left: bytes });
  }

  /** Cuts what is open and listens no more. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.sever();
    await once(this.#server, "close");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(socket: Socket, target: Required<TapTarget>): void {
    if (this.#refusing) return resetSocket(socket);
    this.#accepted++;
    const connection = new TapConnection(socket, target, this.#clock, {
      arriving: (chunk, direction) => this.#divide(chunk, direction, connection),
      passing: (chunk, direction) => this.#cut(this.#rewrite(chunk, direction, connection), direction),
      closed: () => this.#closed(connection),
    });
    this.#connections.add(connection);
    this.#maxOpen = Math.max(this.#maxOpen, this.#connections.size);
    connection.delayMs = this.#delayMs;
    for (const direction of directions) if (this.#stalled[direction]) connection.stall(true, direction);
    this.#welcome(connection);
  }

  #cut(chunk: Buffer, direction: TapDirection): { chunk: Buffer; severed: boolean } {
    const cuts = this.#cuts.filter((cut) => cut.direction === direction);
    const passed = Math.min(chunk.length, ...cuts.map(({ left }) => left));
    for (const cut of cuts) cut.left -= passed;
    const severed = cuts.some(({ left }) => left === 0);
    this.#cuts = this.#cuts.filter((cut) => cut.left > 0 || cut.direction !== direction);
    return { chunk: chunk.subarray(0, passed), severed };
  }

  #closed(connection: TapConnection): void {
    this.#connections.delete(connection);
    for (const direction of directions) this.#past[direction] += connection.bytes[direction];
  }

  #total(direction: TapDirection): number {
    let bytes = this.#past[direction];
    for (const connection of this.#connections) bytes += connection.bytes[direction];
    return bytes;
  }
}

/** Starts a tap before the server at `target`. It listens on a free port. */
export async function startTap(
  { host = "127.0.0.1", port }: TapTarget,
  { host: listenHost = "127.0.0.1", ...options }: TapOptions = {},
): Promise<Tap> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.listen(0, listenHost);
  await once(server, "listening");
  return new Tap(server, { host, port }, { host: listenHost, ...options });
}
