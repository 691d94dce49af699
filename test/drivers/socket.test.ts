import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { resetSocket } from "../../src/drivers/socket.ts";

describe("breaking a connection", () => {
  const server = createServer({ allowHalfOpen: true });
  let [near, far]: [Socket | undefined, Socket | undefined] = [undefined, undefined];

  beforeEach(async () => {
    if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
    const accepted = once(server, "connection") as Promise<[Socket]>;
    near = connect({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, allowHalfOpen: true });
    await once(near, "connect");
    [far] = await accepted;
    far.resume();
  });

  afterEach(() => {
    for (const socket of [near, far]) socket?.destroy();
    server.close();
  });

  it("is a reset for the other side", async () => {
    const failed = once(far as Socket, "error");
    resetSocket(near as Socket);
    expect(await failed).toMatchObject([{ code: "ECONNRESET" }]);
  });

  it("closes a connection that is being ended, which Node cannot reset and would keep", async () => {
    const socket = near as Socket;
    const closed = once(socket, "close"); // Rejects where there is an error first.
    socket.end("last words");
    resetSocket(socket);
    expect(await closed).toEqual([false]);
  });

  it("is nothing for one that is closed", async () => {
    const socket = (near as Socket).destroy();
    await once(socket, "close");
    resetSocket(socket);
    expect(socket.destroyed).toBe(true);
  });
});
