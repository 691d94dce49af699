import { getEventListeners } from "node:events";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Connector } from "../../src/connection/connector.ts";
import type { PolicyOptions } from "../../src/connection/policy.ts";
import { connectionPolicy } from "../../src/connection/policy.ts";
import { SharedConnection } from "../../src/connection/shared-connection.ts";
import { TransportError } from "../../src/errors/transport-error.ts";
import type { EchoServer, EchoWire } from "./echo-wire.ts";
import { echoConnector, startEchoServer } from "./echo-wire.ts";

let server: EchoServer;
const connections: SharedConnection<EchoWire>[] = [];
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeEach(async () => {
  process.on("unhandledRejection", note);
  server = await startEchoServer();
});
afterEach(async () => {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  await until(() => server.open === 0);
  await server.close();
  process.off("unhandledRejection", note);
  expect(unhandled.splice(0)).toEqual([]);
});

function shared(policy: PolicyOptions = {}, change: Partial<Connector<EchoWire>> = {}): SharedConnection<EchoWire> {
  const connection = new SharedConnection({
    key: { endpoint: `echo|${server.port}`, identity: new Map<string, string>() },
    connector: { ...echoConnector(server), ...change },
    policy: connectionPolicy({ keepaliveIntervalMs: 0, ...policy }),
  });
  connections.push(connection);
  return connection;
}

const say = (connection: SharedConnection<EchoWire>, line: string, signal?: AbortSignal): Promise<string> =>
  connection.use({ operation: "say", signal, repeatable: false }, (wire) => wire.say(line));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

const never = new Promise<never>(() => undefined);
const lostInBetween = new TransportError("connection-lost", "lost in between", { temporary: true });

describe("what comes first on a wire", () => {
  it("ends with the connect limit where the server never answers it, and disconnect() settles meanwhile", async () => {
    const connection = shared({ connectTimeoutMs: 60 });
    connection.onNextWire(() => never);
    await expect(say(connection, "x")).rejects.toMatchObject({ code: "timeout", operation: "connect" });
    await until(() => server.open === 0);
    const patient = shared();
    patient.onNextWire(() => never);
    const waiting = say(patient, "x");
    const refused = expect(waiting).rejects.toMatchObject({ code: "aborted" });
    await until(() => server.open === 1);
    expect(patient.state).toBe("connecting");
    await patient.disconnect();
    await refused;
    expect(patient.report()).toMatchObject({ state: "idle", wiresOpen: 0 });
    await until(() => server.open === 0);
  });

  it("is tried again on the next wire where this one was lost over it, and is given up at the third", async () => {
    const connection = shared({ backOffBaseMs: 1, backOffCapMs: 1 });
    let attempts = 0;
    connection.onNextWire(async (wire) => {
      attempts++;
      server.sever();
      await wire.say("check");
    });
    await expect(say(connection, "x")).rejects.toMatchObject({ code: "connection-lost" });
    await expect(say(connection, "x")).rejects.toMatchObject({ code: "connection-lost" });
    await expect(say(connection, "x")).rejects.toMatchObject({ code: "connection-lost" });
    expect(await say(connection, "x")).toBe("x");
    expect(attempts).toBe(3);
  });

  it("is done once where it succeeds, also while the first of it is still being done", async () => {
    const connection = shared();
    const done: string[] = [];
    connection.onNextWire(async (wire) => {
      connection.onNextWire(async () => void done.push(await Promise.resolve("second")));
      done.push(await wire.say("first"));
    });
    await say(connection, "x");
    expect(done).toEqual(["first"]);
    await connection.disconnect();
    await say(connection, "x");
    expect(done).toEqual(["first", "second"]);
  });
});

describe("a wire that dies while it is opened", () => {
  it("before open() resolved, is an error, not a wire", async () => {
    const echo = echoConnector(server);
    const connection = shared(
      { backOffBaseMs: 1, backOffCapMs: 1 },
      {
        async open(context) {
          const wire = await echo.open(context);
          context.lost(lostInBetween);
          return wire;
        },
      },
    );
    await expect(say(connection, "x")).rejects.toMatchObject({
      code: "connection-lost",
      operation: "say",
      effect: "none",
    });
    expect(connection.report()).toMatchObject({ state: "idle", wiresOpened: 0, wiresOpen: 0, refusals: 1 });
  });

  it("is destroyed where it arrives after everybody left", async () => {
    const echo = echoConnector(server);
    let arrived: (() => void) | undefined;
    const late = new Promise<void>((resolve) => (arrived = resolve));
    const connection = shared(
      {},
      {
        async open(context) {
          // A connector that does not listen to its signal.
          const wire = await echo.open({ ...context, signal: new AbortController().signal });
          await late;
          return wire;
        },
      },
    );
    const control = new AbortController();
    const only = say(connection, "x", control.signal);
    await until(() => server.open === 1);
    control.abort();
    await expect(only).rejects.toMatchObject({ code: "aborted" });
    arrived?.();
    await until(() => server.open === 0);
    expect(connection.report()).toMatchObject({ state: "idle", wiresOpened: 0, refusals: 0 });
  });
});

describe("who comes in the same moment", () => {
  it("as the last waiter leaves, gets a wire", async () => {
    const connection = shared();
    const control = new AbortController();
    const gone = expect(say(connection, "x", control.signal)).rejects.toMatchObject({ code: "aborted" });
    control.abort();
    const here = say(connection, "here");
    await gone;
    expect(await here).toBe("here");
    expect(connection.report().refusals).toBe(0);
  });

  it("as disconnect() is called while connecting, gets a wire", async () => {
    const connection = shared();
    const gone = expect(say(connection, "x")).rejects.toMatchObject({ code: "aborted" });
    const disconnecting = connection.disconnect();
    const here = say(connection, "here");
    await disconnecting;
    await gone;
    expect(await here).toBe("here");
    expect(connection.report()).toMatchObject({ state: "ready", wiresOpen: 1 });
  });

  it("with a signal that is aborted already, is not served, though a wire is free", async () => {
    const connection = shared();
    await say(connection, "x");
    const before = connection.report().bytesSent;
    await expect(say(connection, "y", AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
    expect(connection.report().bytesSent).toBe(before);
  });
});

describe("a wire that is being asked whether it lives", () => {
  it("is asked once, by whoever asks, and lent when it answered", async () => {
    let checks = 0;
    let answer: (() => void) | undefined;
    const connection = shared(
      { checkAfterIdleMs: 10, keepaliveIntervalMs: 15, idleTimeoutMs: 60_000, checkTimeoutMs: 10_000 },
      { check: () => ((checks += 1), new Promise((resolve) => (answer = resolve))) },
    );
    await say(connection, "one");
    await until(() => checks === 1);
    const two = say(connection, "two");
    // Turns of the event loop pass while it waits.
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(checks).toBe(1);
    answer?.();
    expect(await two).toBe("two");
    expect(server.accepted).toBe(1);
  });

  it("is lent to nobody any more once it is disconnected", async () => {
    let answer: (() => void) | undefined;
    const connection = shared(
      { checkAfterIdleMs: 10, closeTimeoutMs: 300 },
      { check: () => new Promise((resolve) => (answer = resolve)), close: () => never },
    );
    await say(connection, "one");
    await new Promise((resolve) => setTimeout(resolve, 40));
    const waiting = expect(say(connection, "two")).rejects.toMatchObject({ code: "aborted" });
    await until(() => answer !== undefined);
    const disconnecting = connection.disconnect();
    await waiting;
    answer?.();
    expect(await say(connection, "three")).toBe("three");
    expect(server.accepted).toBe(2);
    server.sever();
    await disconnecting;
  });
});

describe("the end of a wire", () => {
  it("is awaited by everybody who ends it", async () => {
    const connection = shared({ drainTimeoutMs: 60 });
    await say(connection, "x");
    const lease = await connection.lease({ operation: "stream" });
    const disconnecting = connection.disconnect();
    await connection.close();
    expect(connection.report().wiresOpen).toBe(0);
    lease.release();
    await disconnecting;
  });

  it("is told once, also where the connector says that a wire was lost while it destroys it", async () => {
    const echo = echoConnector(server);
    const losers = new Map<EchoWire, (error: TransportError) => void>();
    const connection = shared(
      {},
      {
        async open(context) {
          const wire = await echo.open(context);
          losers.set(wire, context.lost);
          return wire;
        },
        destroy(wire, reason) {
          losers.get(wire)?.(reason);
          echo.destroy(wire, reason);
        },
      },
    );
    (await connection.lease({ operation: "stream" })).discard(lostInBetween);
    await say(connection, "x");
    (await connection.lease({ operation: "stream" })).discard(lostInBetween);
    expect(connection.report()).toMatchObject({ wiresOpened: 2, wiresLost: 2, wiresOpen: 0 });
  });

  it("comes also where the connector cannot say goodbye", async () => {
    const connection = shared(
      { closeTimeoutMs: 30 },
      {
        close: () => {
          throw new Error("no goodbye");
        },
      },
    );
    await say(connection, "x");
    await connection.disconnect();
    await until(() => server.open === 0);
    expect(connection.state).toBe("idle");
  });
});

describe("a lease", () => {
  it("counts once, however often and late it is given back", async () => {
    const connection = shared({}, { leasesPerWire: 1 });
    const lease = await connection.lease({ operation: "stream" });
    lease.pause();
    lease.release();
    lease.release();
    lease.resume();
    lease.discard(lostInBetween);
    const next = await connection.lease({ operation: "stream" });
    lease.release();
    let served = false;
    const waiting = say(connection, "x").then((line) => ((served = true), line));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(served).toBe(false);
    next.discard(lostInBetween);
    next.release();
    expect(await waiting).toBe("x");
    expect(connection.report()).toMatchObject({ wiresOpened: 2, wiresLost: 1 });
  });

  it("comes back where the work throws at once", async () => {
    const connection = shared({}, { leasesPerWire: 1 });
    const thrown = connection.use({ operation: "say", repeatable: false }, () => {
      throw new RangeError("at once");
    });
    await expect(thrown).rejects.toMatchObject({
      code: "unexpected",
      message: expect.stringContaining("at once") as string,
    });
    expect(await say(connection, "x")).toBe("x");
  });

  it("that was silent for too long holds the wire no longer, so that it does not keep the process alive", async () => {
    const held: boolean[] = [];
    const echo = echoConnector(server);
    const connection = shared(
      { silenceTimeoutMs: 500, keepaliveIntervalMs: 5 },
      { hold: (wire, on) => (held.push(on), echo.hold(wire, on)) },
    );
    const stuck = connection.use({ operation: "stuck", repeatable: true }, () => never);
    await expect(stuck).rejects.toMatchObject({ code: "timeout", operation: "stuck" });
    expect(held.at(-1)).toBe(false);
    expect(await say(connection, "x")).toBe("x");
    expect(server.accepted).toBe(1);
  });
});

describe("a further wire that is refused", () => {
  it.each(["authentication-failed", "timeout", "unexpected"] as const)(
    "with %s while one lives, sets the number of wires and refuses nobody",
    async (code) => {
      const echo = echoConnector(server);
      let opened = 0;
      const connection = shared(
        { connections: 4 },
        {
          leasesPerWire: 1,
          async open(context) {
            if (opened++ > 0) throw new TransportError(code, "one is enough");
            return await echo.open(context);
          },
        },
      );
      await say(connection, "first");
      const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => say(connection, `${n}`)));
      expect(answers).toHaveLength(20);
      expect(connection.report()).toMatchObject({ limit: 1, wiresOpened: 1 });
      expect(await say(connection, "last")).toBe("last");
    },
  );
});

describe("a pause after failures", () => {
  it("leaves time to connect within the limit, however many there were", async () => {
    let failing = true;
    const echo = echoConnector(server);
    const refuse = (): Promise<never> => Promise.reject(new TransportError("connection-failed", "not now"));
    const connection = shared(
      { connectTimeoutMs: 400, backOffBaseMs: 60_000, backOffCapMs: 60_000 },
      { open: (context) => (failing ? refuse() : echo.open(context)) },
    );
    for (let n = 0; n < 5; n++) await expect(say(connection, "x")).rejects.toMatchObject({ code: "connection-failed" });
    failing = false;
    expect(await say(connection, "x")).toBe("x");
  });
});

describe("several wires that are cut at once", () => {
  it("are one loss to an operation that may be repeated: what remains is asked before it is trusted", async () => {
    const connection = shared({ connections: 3 }, { leasesPerWire: 1 });
    for (let round = 0; round < 10; round++) {
      const leases = await Promise.all([1, 2, 3].map(() => connection.lease({ operation: "stream" })));
      for (const lease of leases) lease.release();
      server.sever();
      const answer = connection.use({ operation: "say", repeatable: true }, (wire) => wire.say(`${round}`));
      expect(await answer).toBe(`${round}`);
    }
  });
});

describe("limits", () => {
  it("without an end have none", async () => {
    const endless = {
      connectTimeoutMs: Infinity,
      silenceTimeoutMs: Infinity,
      leaseTimeoutMs: Infinity,
      drainTimeoutMs: Infinity,
    };
    const connection = shared({ ...endless, idleTimeoutMs: Infinity, connections: Infinity });
    expect(await say(connection, "x")).toBe("x");
    await connection.disconnect();
  });
});

describe("one signal for everything", () => {
  it("has no listener left after ten thousand operations, however they ended", async () => {
    const connection = shared();
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => say(connection, `${n}`, signal)));
    for (let round = 0; round < 9; round++) {
      if (round % 3 === 0) server.sever();
      await Promise.allSettled(Array.from({ length: 1_000 }, (_, n) => say(connection, `${n}`, signal)));
    }
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});
