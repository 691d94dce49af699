import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { LocalWireLimitOptions } from "../../src/index.ts";
import { localWireLimit, sharedWireLimit } from "../../src/index.ts";
import type { WireLimit } from "../../src/connection/wire-limit.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { RedisServer } from "../servers/redis.ts";
import { startRedis } from "../servers/redis.ts";
import type { EchoUser } from "./pools.ts";
import { startEchoSite } from "./pools.ts";

/** Gives limits that are one: each call stands for another part of the program, or for another process. */
type Limits = (options: LocalWireLimitOptions) => () => WireLimit;

function promises(limits: Limits): void {
  it("is never exceeded, whoever connects, and everybody is served", async () => {
    await using site = await startEchoSite();
    const limit = limits({ limit: 3, turnMs: 50 });
    const users = Array.from({ length: 5 }, () => site.user(limit(), { connections: 4 }));
    const words = Array.from({ length: 40 }, (_, index) => `word ${index}`);
    const heard = await Promise.all(users.map((user) => Promise.all(words.map((word) => user.say(word)))));
    for (const each of heard) expect(each).toEqual(words);
    expect(site.server.maxOpen).toBeGreaterThan(0);
    expect(site.server.maxOpen).toBeLessThanOrEqual(3);
  });

  it("takes a wire that nobody uses from who has it, for who waits", async () => {
    await using site = await startEchoSite();
    const limit = limits({ limit: 1, turnMs: 600_000 });
    const [one, other] = [site.user(limit()), site.user(limit())];
    expect(await one.say("first")).toBe("first");
    expect(await other.say("second")).toBe("second");
    expect(await one.say("third")).toBe("third");
    expect(site.server).toMatchObject({ accepted: 3, maxOpen: 1 });
    expect(one.connection.report()).toMatchObject({ wiresOpened: 2, wiresLost: 0 });
  });

  it("lets a wire that is in use do what it is doing, and then takes it, once its turn is over", async () => {
    await using site = await startEchoSite();
    const limit = limits({ limit: 1, turnMs: 100 });
    const [busy, other] = [site.user(limit()), site.user(limit())];
    await busy.say("first");
    busy.work(3);
    expect(await other.say("my turn")).toBe("my turn");
    await busy.rest();
    expect(busy.failures).toEqual([]);
    expect(site.server.maxOpen).toBe(1);
  });

  it("takes no wire that is in use before its turn is over", async () => {
    await using site = await startEchoSite();
    const limit = limits({ limit: 1, turnMs: 600_000 });
    const [busy, other] = [site.user(limit()), site.user(limit(), { leaseTimeoutMs: 2_500 })];
    await busy.say("first");
    busy.work(3);
    await expect(other.say("now")).rejects.toMatchObject({
      code: "timeout",
      temporary: true,
      message: expect.stringContaining("wireLimit") as string,
    });
    expect(busy.connection.report().wiresOpened).toBe(1);
    await busy.rest();
  });

  it("is shared in equal parts by those who want all of it", async () => {
    await using site = await startEchoSite();
    const limit = limits({ limit: 4, turnMs: 600_000 });
    const [one, other] = [site.user(limit(), { connections: 4 }), site.user(limit(), { connections: 4 })];
    one.work(8);
    await expect.poll(() => one.connection.report().wiresOpen).toBe(4);
    other.work(8);
    const parts = (): number[] => [one, other].map((user) => user.connection.report().wiresOpen);
    await expect.poll(parts).toEqual([2, 2]);
    await Promise.all([one.rest(), other.rest()]);
    expect([...one.failures, ...other.failures]).toEqual([]);
    expect(site.server.maxOpen).toBe(4);
  });

  it("serves those who have none in the order in which they came", async () => {
    await using site = await startEchoSite();
    const limit = limits({ limit: 1, turnMs: 0 });
    const holder = site.user(limit());
    const lease = await holder.connection.lease({ operation: "hold" });
    const order: number[] = [];
    const waiting: Promise<unknown>[] = [];
    for (const index of [0, 1, 2]) {
      waiting.push(
        site
          .user(limit())
          .say(`${index}`)
          .then(() => order.push(index)),
      );
      await new Promise((resolve) => setTimeout(resolve, 100)); // Until the question has arrived.
    }
    lease.release();
    await Promise.all(waiting);
    expect(order).toEqual([0, 1, 2]);
  });

  it("is not waited for by who gave up", async () => {
    await using site = await startEchoSite();
    const limit = limits({ limit: 1, turnMs: 600_000 });
    const holder = site.user(limit());
    const lease = await holder.connection.lease({ operation: "hold" });
    const control = new AbortController();
    const given = site.user(limit()).say("never mind", control.signal);
    const patient = site.user(limit()).say("patient");
    control.abort();
    await expect(given).rejects.toMatchObject({ code: "aborted" });
    lease.release();
    expect(await patient).toBe("patient");
    expect(site.server.accepted).toBe(2);
  });

  it("takes no pinned wire", async () => {
    await using site = await startEchoSite();
    const limit = limits({ limit: 1, turnMs: 0 });
    const pinned = site.user(limit(), { pin: true });
    await pinned.say("mine");
    const other = site.user(limit(), { leaseTimeoutMs: 1_500 });
    await expect(other.say("and mine?")).rejects.toMatchObject({ code: "timeout" });
    expect(pinned.connection.report()).toMatchObject({ wiresOpen: 1, wiresOpened: 1 });
    await pinned.connection.disconnect();
    expect(await other.say("now")).toBe("now");
  });

  it("is lowered for everybody when the server lets fewer in", async () => {
    await using site = await startEchoSite();
    site.server.limit = 2;
    const limit = limits({ limit: 4, turnMs: 100 });
    const users = Array.from({ length: 3 }, () => site.user(limit(), { connections: 4 }));
    const speak = async (user: EchoUser): Promise<void> => {
      for (let round = 0; round < 3; round++)
        await Promise.all(Array.from({ length: 10 }, (_, word) => user.say(`${word}`)));
    };
    await Promise.all(users.map(speak));
    expect(site.server.maxOpen).toBe(2);
  });

  it("counts each endpoint by itself, and all together that are given its name", async () => {
    await using site = await startEchoSite();
    const each = limits({ limit: 1 });
    await Promise.all(["a", "b"].map((endpoint) => site.user(each(), {}, endpoint).say("each")));
    expect(site.server.open).toBe(2);
    const together = limits({ limit: 1, name: `partner ${site.name}` });
    const holder = site.user(together(), {}, "c");
    const lease = await holder.connection.lease({ operation: "hold" });
    const waiting = site.user(together(), {}, "d").say("waiting");
    lease.release();
    expect(await waiting).toBe("waiting");
    expect(site.server.maxOpen).toBe(3);
  });

  it("is free for others once a connection is closed", async () => {
    await using site = await startEchoSite();
    const limit = limits({ limit: 1, turnMs: 600_000 });
    for (let round = 0; round < 3; round++) {
      const user = site.user(limit(), { pin: true });
      expect(await user.say("mine")).toBe("mine");
      await user.connection.close();
    }
    expect(site.server.maxOpen).toBe(1);
  });
}

describe("a limit in this process", { concurrent: true }, () => {
  promises((options) => {
    const limit = localWireLimit(options);
    return () => limit;
  });
});

describe.runIf(hasProgram("redis"))(titleNeeding("redis", "a limit in Redis"), { concurrent: true }, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  promises((options) => () => sharedWireLimit({ ...options, redis: redis.url, permitMs: 4_000 }));
});

describe("a limit that is no number", () => {
  it.each([0, -1, 1.5, Number.NaN, Infinity])("as %s is refused", (limit) => {
    for (const make of [() => localWireLimit({ limit }), () => sharedWireLimit({ limit, redis: "redis://127.0.0.1" })])
      expect(make).toThrow(expect.objectContaining({ code: "range-not-satisfiable" }));
  });
});
