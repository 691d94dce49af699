import { once } from "node:events";
import type { AddressInfo, LookupFunction } from "node:net";
import { createServer } from "node:net";

import { describe, expect, it } from "vitest";

import { connectTcp } from "../../src/drivers/tcp-socket.ts";
import { connectError } from "../../src/drivers/socket-errors.ts";
import { getTransport } from "../../src/index.ts";
import { fastClock } from "../../src/testing.ts";

const explain = (error: NodeJS.ErrnoException, at: { host: string; port: number }) =>
  connectError(error, at, "a server");

describe("connecting", () => {
  it("says when a name is resolved, and when each of its addresses is asked", async () => {
    const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const lookup: LookupFunction = (_name, _options, callback) =>
      callback(
        null,
        // Nothing listens at the first.
        ["127.0.0.9", "127.0.0.1"].map((address) => ({ address, family: 4 })),
      );
    const phases: string[] = [];
    const { signal } = new AbortController();
    const socket = await connectTcp({ host: "two.example", port, lookup }, signal, explain, (phase) =>
      phases.push(phase),
    );
    expect(phases).toEqual(["resolve", "connect", "connect"]);
    socket.destroy();
    const direct: string[] = [];
    const second = await connectTcp({ host: "127.0.0.1", port }, signal, explain, (phase) => direct.push(phase));
    expect(direct).toEqual(["connect"]);
    second.destroy();
    server.close();
    await once(server, "close");
  });

  it.concurrent.each(["sftp", "ftp", "http", "dav"])(
    "%s: a name that nobody resolves is given up long before the whole connect is, and the error says so",
    async (scheme) => {
      const lookup = (): void => undefined;
      const options = {
        clock: fastClock(12),
        lookup,
        proxy: null,
        netrc: null,
        ...(scheme === "sftp" ? { ssh: { config: null, agent: null, identityFile: null } } : {}),
      };
      const transport = getTransport(`${scheme}://joe@nowhere.example/`, [], options);
      await expect(transport.stat("x")).rejects.toMatchObject({
        code: "timeout",
        message: expect.stringContaining('"resolve"') as string,
        hint: expect.stringContaining("resolveTimeoutMs") as string,
        effect: "none",
      });
    },
  );
});
