import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

import { runCommands } from "../peers/run-commands.ts";
import type { Network } from "./network.ts";

/** What a network gives to one connection. */
export interface Link {
  /** For one byte there and one back, the median, in milliseconds. */
  readonly roundTripMs: number;
  /** Bytes in a millisecond from the server to the client, and the other way, slow start included. */
  readonly downBytesPerMs: number;
  readonly upBytesPerMs: number;
}

/** Measures one connection through a network: what is slower than this is not slow by the network. */
export async function measureLink(network: Network, bytes: number): Promise<Link> {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => serve(socket, bytes));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const port = await network.entrance((server.address() as AddressInfo).port);
    const program = fileURLToPath(new URL("link-client.js", import.meta.url));
    const { output } = await runCommands(
      [{ words: [process.execPath, program, String(port), String(bytes)] }],
      network.wrap,
    );
    return JSON.parse(output) as Link;
  } finally {
    server.close();
  }
}

/** What the first byte on a connection asks for: `p` to have each byte sent back, `d` for so many bytes, `u` to be told when all have arrived. */
function serve(socket: Socket, bytes: number): void {
  socket.on("error", () => socket.destroy());
  socket.once("data", (first: Buffer) => {
    const wish = String.fromCharCode(first[0] ?? 0);
    if (wish === "p") {
      socket.write("p");
      socket.pipe(socket);
    } else if (wish === "d") {
      socket.end(Buffer.alloc(bytes));
    } else {
      let arrived = first.length;
      socket.on("data", (chunk: Buffer) => {
        arrived += chunk.length;
        if (arrived > bytes) socket.end("u");
      });
    }
  });
}
