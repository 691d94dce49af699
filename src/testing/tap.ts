import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";

import { TapConnection } from "./tap-connection.ts";

export interface TapTarget {
  readonly host?: string;
  readonly port: number;
}

export interface TapOptions {
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string;
}

/** From the client to the server, or back. */
export type TapDirection = "up" | "down";

/** A TCP proxy before any server: counts connections and bytes, and makes the faults that networks make. */
export class Tap implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly #server: Server;
  readonly #connections = new Set<TapConnection>();
  #accepted = 0;
  #maxOpen = 0;
  #refusing = false;
  #stalled = false;
  #delayMs = 0;
  #past = { up: 0, down: 0 };
  #cuts: { direction: TapDirection; left: number }[] = [];

  constructor(server: Server, host: string, target: Required<TapTarget>) {
    this.#server = server;
    this.host = host;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket) => this.#accept(socket, target));
  }

  /** Connections accepted so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Connections open now. */
  get open(): number {
    return this.#connections.size;
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

  /** While on, nothing is passed on and nothing is closed: a silent network. */
  stall(on = true): void {
    this.#stalled = on;
    for (const connection of this.#connections) connection.stall(on);
  }

  /** While on, new connections are reset as soon as they are made. */
  refuse(on = true): void {
    this.#refusing = on;
  }

  /** Resets every open connection, on both sides. */
  sever(): void {
    for (const connection of [...this.#connections]) connection.sever();
  }

  /** Severs the connection on which the next `bytes` bytes have been passed on in a direction, counted from now over all. */
  severAfter(bytes: number, direction: TapDirection): void {
    this.#cuts.push({ direction, left: bytes });
  }

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
    if (this.#refusing) return void socket.resetAndDestroy();
    this.#accepted++;
    const connection = new TapConnection(socket, target, {
      passed: (direction, bytes) => this.#passed(connection, direction, bytes),
      closed: () => this.#closed(connection),
    });
    this.#connections.add(connection);
    this.#maxOpen = Math.max(this.#maxOpen, this.#connections.size);
    connection.delayMs = this.#delayMs;
    if (this.#stalled) connection.stall(true);
  }

  #passed(connection: TapConnection, direction: TapDirection, bytes: number): void {
    for (const cut of this.#cuts) if (cut.direction === direction) cut.left -= bytes;
    if (!this.#cuts.some(({ left }) => left <= 0)) return;
    this.#cuts = this.#cuts.filter(({ left }) => left > 0);
    connection.sever();
  }

  #closed(connection: TapConnection): void {
    this.#connections.delete(connection);
    this.#past = { up: this.#past.up + connection.bytes.up, down: this.#past.down + connection.bytes.down };
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
  { host: listenHost = "127.0.0.1" }: TapOptions = {},
): Promise<Tap> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.listen(0, listenHost);
  await once(server, "listening");
  return new Tap(server, listenHost, { host, port });
}
