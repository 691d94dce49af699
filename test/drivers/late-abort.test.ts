import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { ConnectPhase, OpenContext } from "../../src/connection/connector.ts";
import { whenAborted } from "../../src/connection/abort.ts";
import { systemClock } from "../../src/connection/clock.ts";
import { noFacts, openFtp } from "../../src/drivers/basic-ftp.ts";
import { openHttp } from "../../src/drivers/open-http.ts";
import { hostKeyAlgorithms, openSsh } from "../../src/drivers/ssh2.ts";
import { TransportError } from "../../src/errors/transport-error.ts";

/** A server that takes connections and never says a word. */
const sockets = new Set<Socket>();
const server = createServer((socket) => {
  sockets.add(socket.resume());
  socket.on("error", () => socket.destroy());
  socket.on("close", () => sockets.delete(socket));
});
let port: number;

beforeEach(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, "close");
});

const reason = new TransportError("timeout", "given up");

/** Gives up in the moment in which a phase is entered: after one wait, and before the next has begun. */
function contextAbortedAt(phase: ConnectPhase): OpenContext {
  const control = new AbortController();
  return {
    signal: control.signal,
    clock: systemClock,
    enter: (entered) => {
      if (entered === phase) control.abort(reason);
    },
    pauseClock: (work) => work(),
    lost: () => undefined,
    ended: () => undefined,
  };
}

describe("a connect that is given up between two things that it waits for", () => {
  it.each(["connect", "handshake"] as const)("ends and leaves no socket: ftp at %s", async (phase) => {
    const opening = openFtp(
      {
        host: "127.0.0.1",
        port,
        user: "joe",
        account: undefined,
        encoding: "utf8",
        tls: undefined,
        facts: noFacts(),
        password: () => Promise.resolve("secret"),
        hasOther: () => false,
      },
      contextAbortedAt(phase),
    );
    await expect(opening).rejects.toBe(reason);
    await expect.poll(() => sockets.size).toBe(0);
  });

  it.each(["connect", "handshake"] as const)("ends and leaves no socket: https at %s", async (phase) => {
    const opening = openHttp(
      { host: "127.0.0.1", port, tls: { host: "127.0.0.1" }, http2: true },
      contextAbortedAt(phase),
    );
    await expect(opening).rejects.toBe(reason);
    await expect.poll(() => sockets.size).toBe(0);
  });

  it.each(["connect", "handshake"] as const)("ends and leaves no socket: ssh at %s", async (phase) => {
    const opening = openSsh(
      {
        host: "127.0.0.1",
        port,
        user: "joe",
        hostKeyAlgorithms,
        verifyHostKey: () => Promise.resolve(() => undefined),
        authenticate: async function* () {
          yield { kind: "none" };
        },
      },
      contextAbortedAt(phase),
    );
    await expect(opening).rejects.toBe(reason);
    await expect.poll(() => sockets.size).toBe(0);
  });
});

describe("who begins to listen to a signal", () => {
  it("that was aborted before is told, once what it did is done, and not where it has stopped listening", async () => {
    const told: string[] = [];
    const signal = AbortSignal.abort();
    whenAborted(signal, () => told.push("listening"));
    const stop = whenAborted(signal, () => told.push("not any more"));
    stop();
    expect(told).toEqual([]);
    await Promise.resolve();
    expect(told).toEqual(["listening"]);
  });
});
