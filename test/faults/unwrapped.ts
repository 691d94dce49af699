import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { TLSSocket, connect as connectTls, createSecureContext } from "node:tls";

import { resetSocket } from "../../src/drivers/socket.ts";
import type { TlsIdentity } from "../../src/testing.ts";
import { hostName } from "./faulty-names.ts";
import type { Wedge } from "./wedge.ts";
import { startWedge } from "./wedge.ts";

/** A way to a server on which TLS is taken off, and put on again: in between there is a wedge, which sees, and spoils, what was said inside. */
export interface Unwrapped {
  readonly port: number;
  readonly inside: Wedge;
  close(): Promise<void>;
}

/** Speaks one protocol by ALPN, on both sides. `identity` is that of the server, too. */
export async function openUnwrapped({ cert, key }: TlsIdentity, protocol: string, port: number): Promise<Unwrapped> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("close", () => sockets.delete(socket));
  };
  const secureContext = createSecureContext({ cert, key });
  const back = await listen((plain) => {
    keep(plain);
    const raw = keep(connect({ port, host: "127.0.0.1", noDelay: true }));
    const secured = connectTls({ socket: raw, ca: cert, ALPNProtocols: [protocol], servername: hostName });
    join({ socket: plain, raw: plain }, { socket: secured, raw });
  });
  const inside = await startWedge(portOf(back));
  const front = await listen((raw) => {
    keep(raw);
    const secured = new TLSSocket(raw, { isServer: true, secureContext, ALPNProtocols: [protocol] });
    secured.on("error", () => raw.destroy());
    // Nobody is let further before it is certain that both speak TLS.
    secured.once("secure", () => {
      const plain = keep(connect({ port: inside.port, host: "127.0.0.1", noDelay: true }));
      join({ socket: secured, raw }, { socket: plain, raw: plain });
    });
  });
  return {
    port: portOf(front),
    inside,
    close: async () => {
      await inside.close();
      for (const server of [front, back]) server.close();
      for (const socket of sockets) socket.destroy();
      for (const server of [front, back]) if (server.listening) await once(server, "close");
    },
  };
}

async function listen(attend: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ noDelay: true }, attend).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** One end of the way: what is said in it, and the connection that it is said on. */
interface End {
  readonly socket: Socket;
  readonly raw: Socket;
}

/** What one side says the other hears, down to how it ends. */
function join(one: End, other: End): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    let broken = false;
    from.socket.pipe(to.socket);
    const noteError = (): void => void (broken = true);
    from.socket.on("error", noteError);
    if (from.raw !== from.socket) from.raw.on("error", noteError);
    from.raw.on("close", () => (broken ? resetSocket(to.raw) : to.raw.destroySoon()));
  }
}
