import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { PolicyOptions } from "../../src/connection/policy.ts";
import { connectionPolicy } from "../../src/connection/policy.ts";
import { SharedConnection } from "../../src/connection/shared-connection.ts";
import type { EchoServer, EchoWire } from "./echo-wire.ts";
import { echoConnector, startEchoServer } from "./echo-wire.ts";
import { ManualClock } from "./manual-clock.ts";

let server: EchoServer;
let clock: ManualClock;
let checks: number;
const connections: SharedConnection<EchoWire>[] = [];

beforeEach(async () => {
  server = await startEchoServer();
  clock = new ManualClock();
  checks = 0;
});
afterEach(async () => {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  await server.close();
  expect(clock.pending).toBe(0);
});

function shared(policy: PolicyOptions = {}, leasesPerWire: number = Infinity): SharedConnection<EchoWire> {
  const echo = echoConnector(server, leasesPerWire);
  const connection = new SharedConnection<EchoWire>({
    key: { endpoint: `echo|${server.port}`, identity: new Map() },
    connector: {
      ...echo,
      async check(wire, signal) {
        checks++;
        await echo.check(wire, signal);
      },
    },
    policy: connectionPolicy({ keepaliveIntervalMs: 0, ...policy, clock }),
  });
  connections.push(connection);
  return connection;
}

const say = (connection: SharedConnection<EchoWire>, line: string): Promise<string> =>
  connection.use({ operation: "say", repeatable: false }, (wire) => wire.say(line));

const hour = 3_600_000;

/** Lets time pass until the condition holds: what goes over a socket takes the machine's own time. */
async function passUntil(condition: () => boolean, mostMs: number): Promise<void> {
  for (let passed = 0; !condition() && passed < mostMs; passed += 500) await clock.pass(500);
  await expect.poll(condition).toBe(true);
}

describe.each([
  ["where now() stands still meanwhile, as on Linux", false],
  ["where now() goes on meanwhile", true],
])("a machine that slept, %s", (_where, nowGoesOn) => {
  it("asks an idle wire before it trusts it, at once when a lease is asked for", async () => {
    const connection = shared({ idleTimeoutMs: Infinity });
    await say(connection, "one");
    server.mute();
    clock.sleep(hour, { nowGoesOn });
    const answer = say(connection, "two");
    // The old wire does not answer the question: another one is opened.
    await passUntil(() => server.accepted === 2, 20_000);
    expect(await answer).toBe("two");
    expect(checks).toBe(1);
  });

  it("goes on with an idle wire that lives", async () => {
    const connection = shared({ idleTimeoutMs: Infinity });
    await say(connection, "one");
    clock.sleep(hour, { nowGoesOn });
    expect(await say(connection, "two")).toBe("two");
    expect(await say(connection, "three")).toBe("three");
    expect(checks).toBe(1);
    expect(server.accepted).toBe(1);
  });

  it("remembers at the next lease what a tick has noticed", async () => {
    const connection = shared({ idleTimeoutMs: Infinity, checkAfterIdleMs: 20_000 });
    await say(connection, "one");
    clock.sleep(hour, { nowGoesOn });
    await clock.pass(6_000);
    expect(await say(connection, "two")).toBe("two");
    expect(checks).toBe(1);
  });

  it("asks a wire that carries operations at its next tick, long before their silence is too long", async () => {
    const connection = shared();
    await say(connection, "one");
    server.mute();
    const failed = expect(say(connection, "two")).rejects.toMatchObject({ code: "connection-lost", effect: "unknown" });
    clock.sleep(hour, { nowGoesOn });
    await clock.pass(5_000 + 10_000 + 1);
    await failed;
    expect(await say(connection, "three")).toBe("three");
  });

  it("counts the silence from when it woke up where the wire cannot be asked", async () => {
    const connection = shared({}, 1);
    await say(connection, "one");
    server.mute();
    let failure: unknown;
    say(connection, "two").catch((error: unknown) => (failure = error));
    await clock.pass(55_000);
    clock.sleep(hour, { nowGoesOn });
    await clock.pass(55_000);
    expect(failure).toBeUndefined();
    await clock.pass(15_000);
    expect(failure).toMatchObject({ code: "timeout", effect: "unknown" });
    expect(checks).toBe(0);
  });

  it("does not give up an operation that is answered after all", async () => {
    const connection = shared();
    const lease = await connection.lease({ operation: "stream" });
    clock.sleep(hour, { nowGoesOn });
    await clock.pass(20_000);
    expect(await lease.wire.say("still here")).toBe("still here");
    lease.release();
    expect(server.accepted).toBe(1);
  });
});

describe("a calendar that is set", () => {
  it.each([
    ["back by a day", -86_400_000],
    ["by a second", 1_000],
    ["back by a second", -1_000],
  ])("%s does nothing", async (_how, byMs) => {
    const connection = shared({ idleTimeoutMs: Infinity });
    await say(connection, "one");
    clock.setWall(byMs);
    expect(await say(connection, "two")).toBe("two");
    await clock.pass(6_000);
    expect(await say(connection, "three")).toBe("three");
    expect(checks).toBe(0);
  });

  it("forward by a day costs a question, and ends nothing that is under way", async () => {
    const connection = shared({ idleTimeoutMs: Infinity });
    const lease = await connection.lease({ operation: "stream" });
    clock.setWall(86_400_000);
    await clock.pass(6_000);
    await expect.poll(() => checks).toBe(1);
    expect(await lease.wire.say("on")).toBe("on");
    lease.release();
    expect(await say(connection, "two")).toBe("two");
    expect(server.accepted).toBe(1);
    expect(connection.report().wiresLost).toBe(0);
  });
});
