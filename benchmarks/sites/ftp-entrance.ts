import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";

import { startTap } from "samewire/testing";

import type { Entrance } from "./entrance.ts";
import { openEntrance } from "./entrance.ts";
import { startAll } from "./started.ts";

/**
 * As `openEntrance`, for an FTP server: data connections, to ports that the server names as it goes, are delayed as well. One at a time, in answer to
 * EPSV.
 */
export function openFtpEntrance(port: number, delayMs: number): Promise<Entrance> {
  if (delayMs === 0) return openEntrance(port, delayMs);
  return startAll(async (started) => {
    let namedPort = 0;
    const relay = started.add(await startRelay(() => namedPort, delayMs));
    const data = started.add(await openEntrance(relay.port, delayMs));
    const control = await startTap(
      { port },
      {
        rewrite: (chunk, direction) => {
          const [, named] = direction === "down" ? (/\(\|\|\|([0-9]+)\|\)/.exec(chunk.toString("latin1")) ?? []) : [];
          if (named === undefined) return chunk;
          namedPort = Number(named);
          return Buffer.from(chunk.toString("latin1").replace(`(|||${named}|)`, `(|||${data.port}|)`), "latin1");
        },
      },
    );
    started.add(control).delay(delayMs);
    return { port: control.port, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
  });
}

/**
 * Passes connections on to the port of the moment. A server has a connection once the third packet of the handshake is there, after one and a half round
 * trips, which the proxy before this, with whom the client shakes hands at once, leaves out.
 */
async function startRelay(target: () => number, delayMs: number): Promise<Entrance> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const port = target();
    const end = (): void => void client.destroy();
    sockets.add(client.on("error", end));
    setTimeout(() => {
      const upstream = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
      sockets.add(upstream.on("error", end));
      client.pipe(upstream).pipe(client);
    }, 3 * delayMs);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
