import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect, createServer } from "node:net";

import { resetSocket } from "../../src/drivers/socket.ts";

/** What happens to who comes in: led on to the server, or something else. */
export type Welcome = "through" | ((socket: Socket) => void);

/** A port of its own before a server: it can be shut, so that nothing listens there, and opened again; and it can answer by itself. */
export class Door implements AsyncDisposable {
  readonly port: number;
  readonly #leadsTo: number;
  readonly #inside = new Set<Socket>();
  #server: Server;
  /** Applies to who comes in from now on. */
  welcome: Welcome = "through";

  constructor(server: Server, leadsTo: number) {
    this.port = (server.address() as AddressInfo).port;
    this.#leadsTo = leadsTo;
    this.#server = this.#attend(server);
  }

  /** Nothing listens at the port from now on; who is inside stays. */
  async shut(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    // Who came in before keeps the server from its "close"; that it listens no more is said at once.
    await new Promise((resolve) => setImmediate(resolve));
  }

  async open(): Promise<void> {
    this.#server = this.#attend(createServer({ allowHalfOpen: true, noDelay: true }));
    this.#server.listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async close(): Promise<void> {
    await this.shut();
    for (const socket of this.#inside) socket.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #attend(server: Server): Server {
    return server.on("connection", (socket) => {
      this.#keep(socket);
      if (this.welcome !== "through") return this.welcome(socket);
      const onward = this.#keep(connect({ port: this.#leadsTo, allowHalfOpen: true, noDelay: true }));
      endTogether(socket, onward);
    });
  }

  #keep(socket: Socket): Socket {
    this.#inside.add(socket);
    return socket.on("close", () => this.#inside.delete(socket)).on("error", () => socket.destroy());
  }
}

/** Opens a door that leads to a port of this machine. */
export async function openDoor(leadsTo: number): Promise<Door> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return new Door(server, leadsTo);
}

/** What one side says the other hears, down to how it ends: in good order, or by a reset. */
function endTogether(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on("error", () => (to.connecting ? to.destroy() : resetSocket(to)));
  }
}
