import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";

/** A port that leads to another one, which changes: servers in this process have a new one each time they are started. */
export interface Door extends AsyncDisposable {
  readonly port: number;
  /** Where it leads; nobody is let in while it leads nowhere. */
  target: number | undefined;
}

export async function openDoor(): Promise<Door> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket.once("close", () => sockets.delete(socket)));
    return socket;
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    keep(client);
    if (door.target === undefined) return void client.on("error", () => undefined).resetAndDestroy();
    const behind = keep(connect({ port: door.target, host: "127.0.0.1", allowHalfOpen: true, noDelay: true }));
    // What ends one ends the other.
    client.on("error", () => behind.destroy()).once("close", () => behind.destroy());
    behind.on("error", () => client.destroy()).once("close", () => client.destroy());
    client.pipe(behind).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const door: Door = {
    port: (server.address() as AddressInfo).port,
    target: undefined,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return door;
}
