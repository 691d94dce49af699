import { inspect } from "node:util";

import { createClient } from "redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { systemClock } from "../../src/connection/clock.ts";
import type { SharedWireLimitOptions } from "../../src/index.ts";
import { TransportError, TransportScope, sharedWireLimit } from "../../src/index.ts";
import { RedisConnection } from "../../src/drivers/redis-connection.ts";
import { RedisPermits } from "../../src/drivers/redis-permits.ts";
import { startFtpServer } from "../../src/testing.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { freePort } from "../servers/free-port.ts";
import type { RedisServer } from "../servers/redis.ts";
import { startRedis } from "../servers/redis.ts";
import { startEchoSite } from "./pools.ts";

const password = "pass:word%/?#";

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

describe.runIf(hasProgram("redis"))(titleNeeding("redis", "a limit in Redis"), () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await startRedis({ password });
  });
  afterEach(() => redis.stop());

  const limitOf = (limit: number, options: Partial<SharedWireLimitOptions> = {}): ReturnType<typeof sharedWireLimit> =>
    sharedWireLimit({ redis: redis.url, limit, permitMs: 1_500, ...options });

  const permitsThere = async (): Promise<number> => {
    const [key] = (await redis.ask("KEYS", "*:permits")) as string[];
    return key === undefined ? 0 : ((await redis.ask("ZCARD", key)) as number);
  };

  it("takes the permits of who died, once they have run out, and their places in the line", async () => {
    const connection = new RedisConnection(redis.url);
    const store = new RedisPermits(connection, "redis:");
    const question = { limit: 1, permitMs: 3_000, placeMs: 1_500, arrival: 0 };
    expect(await store.take("key", { ...question, id: "dead.1" })).toMatchObject({ granted: true });
    // Who comes next dies as well.
    expect(await store.take("key", { ...question, id: "dying.1" })).toMatchObject({ granted: false, ahead: 0 });
    const place = await store.take("key", { ...question, id: "alive.1" });
    expect(place).toMatchObject({ granted: false, ahead: 1 });
    const again = { ...question, id: "alive.1", arrival: place.arrival };
    await expect.poll(async () => (await store.take("key", again)).granted).toBe(true);
    expect(await redis.ask("KEYS", "*dead*")).toEqual([]);
    connection.close();
  });

  it("keeps a place in the line for who was away for too long", async () => {
    const connection = new RedisConnection(redis.url);
    const store = new RedisPermits(connection, "redis:");
    const question = { limit: 1, permitMs: 60_000, placeMs: 60_000, arrival: 0 };
    await store.take("key", { ...question, id: "holder.1" });
    const { arrival } = await store.take("key", { ...question, id: "first.1", placeMs: 1 });
    await pause(50);
    expect(await store.take("key", { ...question, id: "second.1" })).toMatchObject({ ahead: 0 });
    expect(await store.take("key", { ...question, id: "first.1", arrival })).toMatchObject({ arrival, ahead: 0 });
    expect(await store.take("key", { ...question, id: "second.1" })).toMatchObject({ ahead: 1 });
    connection.close();
  });

  it("is not waited for where Redis is away for less than a permit lasts", async () => {
    await using site = await startEchoSite();
    const user = site.user(limitOf(1, { permitMs: 6_000 }));
    user.work(3);
    await expect.poll(() => site.server.open).toBe(1);
    redis.halt();
    await pause(2_500);
    expect(await user.say("still here")).toBe("still here");
    redis.proceed();
    await pause(1_000);
    await user.rest();
    expect(user.failures).toEqual([]);
    expect(site.server.accepted).toBe(1);
  });

  it("closes what nobody uses before its permit ends, where Redis is away for longer", async () => {
    await using site = await startEchoSite();
    const user = site.user(limitOf(1), { leaseTimeoutMs: 20_000 });
    await user.say("once");
    redis.halt();
    await expect.poll(() => site.server.open).toBe(0);
    const waiting = user.say("again");
    redis.proceed();
    expect(await waiting).toBe("again");
    expect(user.connection.report().wiresLost).toBe(0);
  });

  it("lets what is under way end when the permit has ended, and lends that wire to nobody any more", async () => {
    await using site = await startEchoSite();
    const user = site.user(limitOf(1));
    const lease = await user.connection.lease({ operation: "long" });
    redis.halt();
    await pause(2_000);
    expect(await lease.wire.say("in the middle")).toBe("in the middle");
    const waiting = user.say("next");
    lease.release();
    await expect.poll(() => site.server.open).toBe(0);
    redis.proceed();
    expect(await waiting).toBe("next");
    expect(site.server).toMatchObject({ accepted: 2, maxOpen: 1 });
  });

  it("that forgot everything is told again by who has a wire, and goes on", async () => {
    await using site = await startEchoSite();
    const users = [site.user(limitOf(2)), site.user(limitOf(2))];
    for (const user of users) user.work(2);
    await expect.poll(() => site.server.open).toBe(2);
    await redis.ask("FLUSHALL");
    await expect.poll(permitsThere).toBe(2);
    for (const user of users) await user.rest();
    expect(users.flatMap(({ failures }) => failures)).toEqual([]);
    expect(site.server).toMatchObject({ accepted: 2, maxOpen: 2 });
  });

  it("that is started anew, empty, is connected to again", async () => {
    await using site = await startEchoSite();
    const limit = limitOf(1, { permitMs: 5_000 });
    const user = site.user(limit);
    user.work(2);
    await expect.poll(() => site.server.open).toBe(1);
    await redis.crash();
    const waiting = site.user(limit).say("waiting");
    await redis.revive();
    expect(await waiting).toBe("waiting");
    await user.rest();
    expect(user.failures).toEqual([]);
    expect(site.server.maxOpen).toBe(1);
  });

  it("gives the permits back at the end of a scope, and leaves neither a connection nor a name", async () => {
    await using server = await startFtpServer();
    const scope = new TransportScope({ wireLimit: limitOf(2, { permitMs: 60_000 }) });
    const transport = scope.getTransport(server.url, { password: server.password, connections: 2 });
    await Promise.all(["a", "b", "c", "d"].map((name) => transport.put(name, name)));
    expect(await permitsThere()).toBeGreaterThan(0);
    const keys = (await redis.ask("KEYS", "*")) as string[];
    for (const key of keys) expect(key).toMatch(/^samewire:\{[\w-]{22}\}:(?:permits|since|line|seen|learned)$/);
    await scope.close();
    expect(await redis.ask("KEYS", "*")).toEqual([]);
    // Whoever asks is the only one.
    const clients = async (): Promise<number> =>
      String(await redis.ask("CLIENT", "LIST"))
        .trim()
        .split("\n").length;
    await expect.poll(clients).toBe(1);
  });

  it("of a scope holds for deep code that knows nothing of it, and a call can do without", async () => {
    await using server = await startFtpServer();
    await using scope = new TransportScope({ wireLimit: limitOf(1) });
    const { wireLimit } = scope;
    const inner = new TransportScope({ possibleTransports: scope });
    expect(inner.wireLimit).toBe(wireLimit);
    await inner.close();
    const free = scope.getTransport(server.url, { password: server.password, wireLimit: null });
    await free.stat("");
    expect(await permitsThere()).toBe(0);
    await free.disconnect();
    const counted = new TransportScope({ possibleTransports: [], ...(wireLimit === undefined ? {} : { wireLimit }) });
    await counted.getTransport(server.url, { password: server.password }).stat("");
    expect(await permitsThere()).toBe(1);
    await counted.close();
  });

  it("takes a client of the caller's, and leaves it open", async () => {
    await using server = await startFtpServer();
    const client = createClient({ url: redis.url });
    await client.connect();
    await using scope = new TransportScope({ wireLimit: sharedWireLimit({ redis: client, limit: 1 }) });
    await scope.getTransport(server.url, { password: server.password }).put("file", "content");
    expect(await permitsThere()).toBe(1);
    await scope.close();
    expect(client.isReady).toBe(true);
    expect(await permitsThere()).toBe(0);
    client.destroy();
  });
});

describe.runIf(hasProgram("redis"))(titleNeeding("redis", "a Redis that does not count"), () => {
  it("since it is not there is told of within a limit, without its password", async () => {
    const error = await failureWith({
      redis: `redis://joe:${encodeURIComponent(password)}@127.0.0.1:${await freePort()}`,
    });
    expect(error).toMatchObject({
      code: "connection-failed",
      temporary: true,
      hint: expect.stringMatching(/Redis/) as string,
    });
    expectNoSecret(error);
  });

  it("since it wants another password is told of at once", async () => {
    await using redis = await startRedis({ password });
    const url = `redis://:${encodeURIComponent(`${password}!`)}@127.0.0.1:${redis.port}`;
    const error = await failureWith({ redis: url, unreachableMs: 600_000 });
    expect(error).toMatchObject({ code: "connection-failed", temporary: false });
    expect(error.message).toMatch(/WRONGPASS/);
    expectNoSecret(error);
  });

  it("since it does not answer is told of within a limit", async () => {
    await using redis = await startRedis({ password });
    redis.halt();
    const error = await failureWith({ redis: redis.url, permitMs: 600 });
    redis.proceed();
    expect(error).toMatchObject({ code: "timeout", temporary: true });
    expectNoSecret(error);
  });

  it.each(["http://127.0.0.1", `redis//${password}`, "", `redis://:${password}@host:port`])(
    "since %j is no URL of one is told of before anything is asked, without showing it",
    (redis) => {
      let error: unknown;
      try {
        sharedWireLimit({ redis, limit: 1 });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ code: "invalid-url" });
      expectNoSecret(error as TransportError);
    },
  );

  it("is nowhere shown with its password", () => {
    const limit = sharedWireLimit({ redis: `redis://:${encodeURIComponent(password)}@127.0.0.1`, limit: 1 });
    for (const text of [inspect(limit, { depth: Infinity, showHidden: true }), JSON.stringify(limit)])
      for (const secret of [password, encodeURIComponent(password)]) expect(text).not.toContain(secret);
  });
});

/** How an operation fails that needs a permit. */
async function failureWith(options: Omit<SharedWireLimitOptions, "limit">): Promise<TransportError> {
  await using server = await startFtpServer();
  const logged: string[] = [];
  const log = (...words: unknown[]): void => void logged.push(inspect(words, { depth: Infinity }));
  const logger = { trace: log, debug: log, info: log, warn: log, error: log };
  const wireLimit = sharedWireLimit({ limit: 1, unreachableMs: 700, logger, clock: systemClock, ...options });
  await using scope = new TransportScope({ wireLimit });
  const transport = scope.getTransport(server.url, { password: server.password, logger });
  const error: unknown = await transport.stat("").then(
    () => undefined,
    (reason: unknown) => reason,
  );
  for (const secret of [password, encodeURIComponent(password)]) expect(logged.join("\n")).not.toContain(secret);
  expect(server.accepted).toBe(0);
  expect(error).toBeInstanceOf(TransportError);
  return error as TransportError;
}

function expectNoSecret(error: TransportError): void {
  const text = `${inspect(error, { depth: Infinity, showHidden: true })}${JSON.stringify(error)}`;
  for (const secret of [password, encodeURIComponent(password)]) expect(text).not.toContain(secret);
}
