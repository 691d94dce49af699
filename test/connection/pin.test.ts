import { describe, expect, it } from "vitest";

import { connectionPolicy } from "../../src/connection/policy.ts";
import { SharedConnection } from "../../src/connection/shared-connection.ts";
import { echoConnector, startEchoServer } from "./echo-wire.ts";
import { ManualClock } from "./manual-clock.ts";

const hour = 3_600_000;

describe("a pinned wire", () => {
  it("stays open however long nobody needs it, is given signs of life, and is closed by disconnect() and close()", async () => {
    const server = await startEchoServer();
    const clock = new ManualClock();
    let checks = 0;
    const echo = echoConnector(server);
    const connection = new SharedConnection({
      key: { endpoint: "echo", identity: new Map() },
      connector: { ...echo, check: (wire, signal) => (checks++, echo.check(wire, signal)) },
      policy: connectionPolicy({ pin: true, clock }),
    });
    await connection.connect();
    for (let passed = 0; passed < hour / 10; passed += 5_000) await clock.pass(5_000);
    expect(connection.report()).toMatchObject({ pinned: true, state: "ready", wiresOpened: 1, wiresOpen: 1 });
    expect(checks).toBeGreaterThan(10);
    await connection.disconnect();
    await expect.poll(() => server.open).toBe(0);
    // The next one, too, is pinned.
    await connection.connect();
    await clock.pass(120_000);
    expect(connection.report()).toMatchObject({ pinned: true, wiresOpened: 2, wiresOpen: 1 });
    await connection.close();
    await expect.poll(() => server.open).toBe(0);
    expect(clock.pending).toBe(0);
    await server.close();
  });

  it("is a pinned one from when somebody says so on, and nobody takes that back", async () => {
    const server = await startEchoServer();
    const clock = new ManualClock();
    const connection = new SharedConnection({
      key: { endpoint: "echo", identity: new Map() },
      connector: echoConnector(server),
      policy: connectionPolicy({ pin: false, clock, keepaliveIntervalMs: 0 }),
    });
    await connection.connect();
    expect(connection.report().pinned).toBe(false);
    connection.pin();
    await clock.pass(hour);
    expect(connection.report()).toMatchObject({ pinned: true, wiresOpen: 1 });
    await connection.close();
    await server.close();
  });
});
