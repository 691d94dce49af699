import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";

/** A SOCKS5 proxy in this process (RFC 1928) that connects everybody with this machine, whatever address they ask for. */
export interface SocksProxy {
  readonly url: string;
  /** Connections that came. */
  accepted(): number;
  close(): Promise<void>;
}

const noLogin = Buffer.from([5, 0]);
const connected = Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);

export async function startSocksProxy(): Promise<SocksProxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
  };
  let accepted = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    accepted++;
    keep(socket).once("data", () => {
      socket.write(noLogin);
      socket.once("data", (request: Buffer) => {
        // The port is last in every form of a request.
        const port = request.readUInt16BE(request.length - 2);
        const far = keep(connect({ host: "127.0.0.1", port, noDelay: true }));
        far.once("connect", () => {
          socket.write(connected);
          socket.pipe(far).pipe(socket);
        });
        socket.on("close", () => far.destroy());
        far.on("close", () => socket.destroy());
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `socks5://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accepted: () => accepted,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
