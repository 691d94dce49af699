import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { PolicyOptions } from "../../src/connection/policy.ts";
import { connectionPolicy } from "../../src/connection/policy.ts";
import { SharedConnection } from "../../src/connection/shared-connection.ts";
import { TransportError } from "../../src/errors/transport-error.ts";
import type { EchoServer, EchoWire } from "./echo-wire.ts";
import { echoConnector, startEchoServer } from "./echo-wire.ts";

let server: EchoServer;
const connections: SharedConnection<EchoWire>[] = [];

beforeEach(async () => {
  server = await startEchoServer();
});
afterEach(async () => {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  await server.close();
});

function shared(policy: PolicyOptions = {}, leasesPerWire: number = Infinity): SharedConnection<EchoWire> {
  const key = { endpoint: `echo|127.0.0.1|${server.port}`, identity: new Map<string, string>() };
  const connection = new SharedConnection({
    key,
    connector: echoConnector(server, leasesPerWire),
    policy: connectionPolicy(policy),
  });
  connections.push(connection);
  return connection;
}

const say = (
  connection: SharedConnection<EchoWire>,
  line: string,
  options: { signal?: AbortSignal; repeatable?: boolean } = {},
): Promise<string> =>
  connection.use({ operation: "say", signal: options.signal, repeatable: options.repeatable ?? true }, (wire) =>
    wire.say(line),
  );

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a shared connection", () => {
  it("opens nothing before the first operation", () => {
    expect(shared().state).toBe("idle");
    expect(server.accepted).toBe(0);
  });

  it("opens one wire for a hundred first operations at once", async () => {
    const connection = shared();
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => say(connection, `line ${n}`)));
    expect(answers).toEqual(Array.from({ length: 100 }, (_, n) => `line ${n}`));
    expect(server.accepted).toBe(1);
    expect(connection.report()).toMatchObject({
      state: "ready",
      operations: 100,
      wiresOpened: 1,
      wiresOpen: 1,
      wiresLost: 0,
    });
  });

  it("goes on connecting for the last of a hundred waiters when 99 abort", async () => {
    const connection = shared();
    const abort = new AbortController();
    const aborted = Array.from({ length: 99 }, () => say(connection, "unheard", { signal: abort.signal }));
    const last = say(connection, "heard");
    abort.abort();
    for (const result of await Promise.allSettled(aborted))
      expect(result).toMatchObject({ status: "rejected", reason: { code: "aborted" } });
    expect(await last).toBe("heard");
    expect(server.accepted).toBe(1);
  });

  it("gives the connect up when the last waiter leaves, and connects again for the next", async () => {
    server.silent = true;
    const connection = shared();
    const abort = new AbortController();
    const only = say(connection, "unheard", { signal: abort.signal });
    await until(() => server.accepted === 1);
    abort.abort();
    await expect(only).rejects.toMatchObject({ code: "aborted" });
    await until(() => connection.state === "idle" && server.open === 0);
    server.silent = false;
    expect(await say(connection, "again")).toBe("again");
  });

  it("settles within the connect limit when the server says nothing, and names the phase", async () => {
    server.silent = true;
    await expect(say(shared({ connectTimeoutMs: 50 }), "x")).rejects.toMatchObject({
      code: "timeout",
      temporary: true,
      operation: "connect",
    });
  });

  it("replaces a lost wire once for all, without the callers noticing", async () => {
    const connection = shared();
    await say(connection, "one");
    server.sever();
    const answers = await Promise.all(["two", "three", "four"].map((line) => say(connection, line)));
    expect(answers).toEqual(["two", "three", "four"]);
    expect(server.accepted).toBe(2);
  });

  it("repeats what is repeatable once after a loss in the middle", async () => {
    const connection = shared();
    await say(connection, "one");
    let attempts = 0;
    const answer = connection.use({ operation: "say", repeatable: true }, (wire) => {
      if (++attempts === 1) setImmediate(() => server.sever());
      return wire.say(attempts === 1 ? "never answered" : "answered");
    });
    expect(await answer).toBe("answered");
    expect(attempts).toBe(2);
  });

  it("does not repeat what is not repeatable, and says that its effect is unknown", async () => {
    const connection = shared();
    await say(connection, "one");
    let attempts = 0;
    const lost = connection.use({ operation: "say", repeatable: false }, (wire) => {
      attempts++;
      setImmediate(() => server.sever());
      return wire.say("never answered");
    });
    await expect(lost).rejects.toMatchObject({ code: "connection-lost", effect: "unknown" });
    expect(attempts).toBe(1);
  });

  it("gives up one silent operation on a wire that lives, and the others go on", async () => {
    const connection = shared({ silenceTimeoutMs: 600, keepaliveIntervalMs: 10, drainTimeoutMs: 10 });
    const stuck = connection.use({ operation: "stuck", repeatable: true }, () => new Promise(() => undefined));
    await expect(stuck).rejects.toMatchObject({ code: "timeout", operation: "stuck" });
    expect(await say(connection, "alive")).toBe("alive");
    expect(server.accepted).toBe(1);
  });

  it("drops a wire on which the server fell silent", async () => {
    const connection = shared({ silenceTimeoutMs: 500, keepaliveIntervalMs: 0 });
    await say(connection, "one");
    server.mute();
    await expect(say(connection, "two", { repeatable: false })).rejects.toMatchObject({
      code: "timeout",
      effect: "unknown",
    });
    expect(await say(connection, "three")).toBe("three");
    expect(server.accepted).toBe(2);
  });

  it("does not count a paused lease as silence", async () => {
    const connection = shared({ silenceTimeoutMs: 300, idleTimeoutMs: 300, keepaliveIntervalMs: 0 });
    const lease = await connection.lease({ operation: "slow reader" });
    lease.pause();
    await new Promise((resolve) => setTimeout(resolve, 700));
    lease.resume();
    expect(await lease.wire.say("still here")).toBe("still here");
    lease.release();
    expect(server.accepted).toBe(1);
  });

  it("closes an idle wire and opens another when one is needed", async () => {
    const connection = shared({ idleTimeoutMs: 40, keepaliveIntervalMs: 0 });
    await say(connection, "one");
    await until(() => server.open === 0 && connection.report().wiresOpen === 0);
    expect(connection.report().wiresLost).toBe(0);
    expect(await say(connection, "two")).toBe("two");
    expect(server.accepted).toBe(2);
  });

  it("asks a wire that was silent for long before it is trusted again", async () => {
    const connection = shared({
      checkAfterIdleMs: 30,
      checkTimeoutMs: 40,
      keepaliveIntervalMs: 0,
      silenceTimeoutMs: 5_000,
      idleTimeoutMs: 5_000,
    });
    await say(connection, "one");
    server.mute();
    await new Promise((resolve) => setTimeout(resolve, 80));
    // Not repeatable: had it been sent on the dead wire, it would have failed.
    expect(await say(connection, "two", { repeatable: false })).toBe("two");
    expect(server.accepted).toBe(2);
  });

  it("disconnects: the operation in flight ends first, and the next one connects again", async () => {
    const connection = shared();
    const answer = say(connection, "one");
    await until(() => connection.state === "ready");
    await connection.disconnect();
    expect(await answer).toBe("one");
    expect(connection.state).toBe("idle");
    await until(() => server.open === 0);
    expect(await say(connection, "two")).toBe("two");
  });

  it("disconnects while connecting: whoever waits is told, and it settles", async () => {
    server.silent = true;
    const connection = shared();
    const waiting = say(connection, "one");
    waiting.catch(() => undefined);
    await until(() => server.accepted === 1);
    await connection.disconnect();
    await expect(waiting).rejects.toMatchObject({ code: "aborted" });
    expect(connection.state).toBe("idle");
  });

  it("destroys the wire when an operation does not end within the drain limit", async () => {
    const connection = shared({ drainTimeoutMs: 40 });
    const stuck = say(connection, "never answered", { repeatable: false });
    stuck.catch(() => undefined);
    await until(() => connection.state === "ready");
    await connection.disconnect();
    await expect(stuck).rejects.toBeInstanceOf(TransportError);
    await until(() => server.open === 0);
  });

  it("is closed for good by close, and every later operation says so", async () => {
    const connection = shared();
    await say(connection, "one");
    await connection.close();
    await connection.close();
    expect(connection.state).toBe("closed");
    await expect(say(connection, "two")).rejects.toMatchObject({ code: "closed", operation: "say" });
    await expect(connection.connect()).rejects.toMatchObject({ code: "closed" });
  });

  it("latches a refused login: ten thousand operations make one attempt, connect() makes another", async () => {
    const connector = {
      ...echoConnector(server),
      attempts: 0,
      open: () => {
        connector.attempts++;
        return Promise.reject(new TransportError("authentication-failed", "wrong password"));
      },
    };
    const connection = new SharedConnection({ key: { endpoint: "x", identity: new Map() }, connector });
    const results = await Promise.allSettled(Array.from({ length: 10_000 }, () => say(connection, "x")));
    expect(
      results.every(
        (result) => result.status === "rejected" && (result.reason as TransportError).code === "authentication-failed",
      ),
    ).toBe(true);
    await expect(say(connection, "y")).rejects.toMatchObject({ code: "authentication-failed" });
    expect(connector.attempts).toBe(1);
    await expect(connection.connect()).rejects.toMatchObject({ code: "authentication-failed" });
    expect(connector.attempts).toBe(2);
  });

  it("runs what must be done first on the next wire before anybody gets it", async () => {
    const connection = shared();
    const order: string[] = [];
    connection.onNextWire(async (wire) => {
      order.push(await wire.say("errand"));
    });
    order.push(await say(connection, "operation"));
    expect(order).toEqual(["errand", "operation"]);
  });

  it("reports a second connection for the same key as spurious, with the place of the first", async () => {
    const [first, second] = [shared(), shared()];
    await say(first, "one");
    await say(second, "two");
    expect(first.report().spurious).toEqual([]);
    expect(second.report().spurious).toHaveLength(1);
    expect(second.report().spurious[0]).toContain("shared-connection.test.ts");
    await first.disconnect();
    await second.disconnect();
    await say(second, "three");
    expect(second.report().spurious).toHaveLength(1);
  });
});

describe("exclusive wires", () => {
  it("carry one operation at a time, first come first served", async () => {
    const connection = shared({}, 1);
    const order: number[] = [];
    let running = 0;
    await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        connection.use({ operation: "say", repeatable: false }, async (wire) => {
          expect(++running).toBe(1);
          order.push(n);
          const answer = await wire.say(`${n}`);
          running--;
          return answer;
        }),
      ),
    );
    expect(order).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(server.accepted).toBe(1);
  });

  it("are opened as needed up to the number asked for", async () => {
    const connection = shared({ connections: 4 }, 1);
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => say(connection, `${n}`)));
    expect(answers).toHaveLength(40);
    expect(server.maxOpen).toBeLessThanOrEqual(4);
    expect(server.accepted).toBeLessThanOrEqual(4);
    expect(server.accepted).toBeGreaterThan(1);
  });

  it("treat a server's limit as a capacity: every operation succeeds on what it allows", async () => {
    server.limit = 2;
    const connection = shared({ connections: 8 }, 1);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => say(connection, `${n}`)));
    expect(answers).toHaveLength(100);
    expect(server.maxOpen).toBe(2);
    expect(connection.report().limit).toBeLessThanOrEqual(2);
  });

  it("probe a learned limit upward again later", async () => {
    server.limit = 1;
    const connection = shared({ connections: 2, probeAfterMs: 20 }, 1);
    await Promise.all([say(connection, "a"), say(connection, "b")]);
    expect(connection.report().limit).toBe(1);
    server.limit = 8;
    await new Promise((resolve) => setTimeout(resolve, 40));
    await Promise.all(Array.from({ length: 20 }, (_, n) => say(connection, `${n}`)));
    await until(() => connection.report().limit === 2);
  });

  it("wait out a refusal while no wire lives", async () => {
    server.limit = 0;
    const connection = shared({ backOffBaseMs: 5, backOffCapMs: 10 }, 1);
    const answer = say(connection, "patient");
    await until(() => server.accepted >= 2);
    server.limit = 1;
    expect(await answer).toBe("patient");
  });

  it("say who could help when a lease does not come back", async () => {
    const connection = shared({ leaseTimeoutMs: 40 }, 1);
    const lease = await connection.lease({ operation: "stream" });
    await expect(say(connection, "x")).rejects.toMatchObject({
      code: "timeout",
      hint: expect.stringContaining("connections") as string,
    });
    lease.release();
    expect(await say(connection, "y")).toBe("y");
  });

  it("tell who waits for itself: every wire is held by a stream that nobody reads", async () => {
    const connection = shared({ deadlockAfterMs: 30 }, 1);
    const lease = await connection.lease({ operation: "get" });
    lease.pause();
    await expect(say(connection, "x")).rejects.toMatchObject({
      code: "would-deadlock",
      operation: "say",
      message: expect.stringContaining("get") as string,
    });
    lease.resume();
    const patient = say(connection, "y");
    await new Promise((resolve) => setTimeout(resolve, 100));
    lease.release();
    expect(await patient).toBe("y");
  });

  it("are dropped, never reused, when they come back in an unknown state", async () => {
    const connection = shared({}, 1);
    const lease = await connection.lease({ operation: "stream" });
    lease.discard(new TransportError("aborted", "given up in the middle"));
    expect(await say(connection, "fresh")).toBe("fresh");
    expect(server.accepted).toBe(2);
  });
});
