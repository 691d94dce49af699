import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { mayMakeNamespaces, startNamespaceNetwork } from "../../benchmarks/delay/namespace-network.ts";
import type { Network } from "../../benchmarks/delay/network.ts";
import { startProxyNetwork } from "../../benchmarks/delay/proxy-network.ts";
import { runCommands } from "../../benchmarks/peers/run-commands.ts";

const roundTripMs = 30;

/** Connects, sends `ping`, and says what came back and how long both took. */
const client = `
const start = performance.now();
const socket = require("net").connect(Number(process.argv[1]), "127.0.0.1", () => {
  const connectMs = performance.now() - start;
  socket.once("data", (data) => {
    console.log(JSON.stringify({ connectMs, ms: performance.now() - start, answer: String(data) }));
    socket.destroy();
  }).write("ping");
});`;

const server = createServer((socket) => socket.on("error", () => socket.destroy()).pipe(socket));

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => server.close());

/** What a program saw that spoke with a server of this process over a network. */
async function speak(network: Network): Promise<{ connectMs: number; ms: number; answer: string }> {
  const port = await network.entrance((server.address() as AddressInfo).port);
  const { output } = await runCommands([{ words: [process.execPath, "-e", client, String(port)] }], network.wrap);
  return JSON.parse(output) as Awaited<ReturnType<typeof speak>>;
}

describe("a delay between programs and servers of this machine", () => {
  it("is made by a proxy, which delays all but the handshake", async () => {
    await using network = startProxyNetwork(roundTripMs);
    const { ms, answer } = await speak(network);
    expect(answer).toBe("ping");
    expect(ms).toBeGreaterThanOrEqual(roundTripMs);
  });

  const title = "is made by network namespaces, which delay the handshake as well";
  it.skipIf(!mayMakeNamespaces())(
    mayMakeNamespaces() ? title : `${title} (skipped: needs root and /dev/net/tun)`,
    async () => {
      await using network = await startNamespaceNetwork(roundTripMs);
      const { connectMs, ms, answer } = await speak(network);
      expect(answer).toBe("ping");
      expect(connectMs).toBeGreaterThanOrEqual(roundTripMs);
      expect(ms).toBeGreaterThanOrEqual(2 * roundTripMs);
    },
  );

  it.skipIf(!mayMakeNamespaces())("leads nowhere but to this machine from a namespace", async () => {
    await using network = await startNamespaceNetwork(roundTripMs);
    const { output } = await runCommands([{ words: ["ip", "route"] }], network.wrap);
    expect(output.trim().split("\n")).toEqual([expect.stringMatching(/^127\.0\.0\.0\/8 dev \S+ scope link/)]);
  });
});
