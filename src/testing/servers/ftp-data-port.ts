import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";

import { FtpDataConnection } from "./ftp-data-connection.ts";
import { FtpRefusal } from "./ftp-replies.ts";

/** How long a client may take to connect, once a transfer waits for it. */
const acceptTimeoutMs = 30_000;

export interface FtpDataPortOptions {
  /** The address of the control connection on this side. */
  readonly localAddress: string;
  /** The client's. Nobody else's connection is taken. */
  readonly remoteAddress: string;
  readonly accepted: () => void;
}

interface Listening {
  readonly listener: Server;
  /** Nothing where the listener was closed before anybody came. */
  readonly arrival: Promise<FtpDataConnection | undefined>;
}

/** Where the data connections of one control connection arrive: one for each transfer. */
export class FtpDataPort {
  readonly #options: FtpDataPortOptions;
  readonly #connections = new Set<FtpDataConnection>();
  #listening: Listening | undefined;
  #current: FtpDataConnection | undefined;

  constructor(options: FtpDataPortOptions) {
    this.#options = options;
  }

  /** Listens for the next one, on a port of its own that is returned. What was not used before is forgotten. */
  async listen(): Promise<number> {
    this.abort();
    const listener = createServer({ allowHalfOpen: true, noDelay: true });
    const arrival = new Promise<FtpDataConnection | undefined>((resolve) => {
      listener.on("connection", (socket) => {
        if (socket.remoteAddress !== this.#options.remoteAddress) return void socket.destroy();
        listener.close();
        resolve(this.#accept(socket));
      });
      listener.on("close", () => resolve(undefined));
    });
    this.#listening = { listener, arrival };
    listener.listen(0, this.#options.localAddress);
    await Promise.race([once(listener, "listening"), arrival]);
    if (this.#listening?.listener !== listener) {
      listener.close();
      throw new FtpRefusal("425 The client has left.");
    }
    return (listener.address() as AddressInfo).port;
  }

  /** Refuses where nothing was agreed on. */
  require(): void {
    if (this.#listening === undefined) throw new FtpRefusal("425 Use PASV or EPSV first.");
  }

  /** The connection that the client made, or makes now. */
  async open(): Promise<FtpDataConnection> {
    if (this.#listening === undefined) throw new FtpRefusal("425 There is no data connection.");
    const { listener, arrival } = this.#listening;
    const timer = setTimeout(() => listener.close(), acceptTimeoutMs).unref();
    const connection = await arrival;
    clearTimeout(timer);
    if (connection === undefined || connection.aborted) throw new FtpRefusal("425 There is no data connection.");
    return connection;
  }

  /** Gives up what is open, or awaited. */
  abort(): void {
    this.#listening?.listener.close();
    this.#listening = undefined;
    this.#current?.abort();
    this.#current = undefined;
  }

  /** A transfer is complete: its connection is left to close in good order. */
  release(): void {
    this.#current = undefined;
  }

  /** Resets every connection. */
  sever(): void {
    for (const connection of this.#connections) connection.sever();
    this.abort();
  }

  /** Closes everything. */
  close(): void {
    for (const connection of this.#connections) connection.abort();
    this.abort();
  }

  #accept(socket: Socket): FtpDataConnection {
    this.#options.accepted();
    const connection = new FtpDataConnection(socket);
    this.#connections.add(connection);
    socket.on("close", () => this.#connections.delete(connection));
    this.#current = connection;
    return connection;
  }
}
