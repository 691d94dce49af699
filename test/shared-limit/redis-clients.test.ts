import { createClient, createClientPool, createCluster } from "redis";
import { describe, expect, it } from "vitest";

import type { SharedWireLimitOptions } from "../../src/index.ts";
import { sharedWireLimit } from "../../src/index.ts";
import { generateTlsIdentity } from "../../src/testing.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { RedisServer } from "../servers/redis.ts";
import { startRedis } from "../servers/redis.ts";
import { startEchoSite } from "./pools.ts";

const password = "pass:word%/?#";

/** Two who share one wire, and nothing but the limit. */
async function expectShared(redis: SharedWireLimitOptions["redis"], server: RedisServer): Promise<void> {
  await using site = await startEchoSite();
  const users = [0, 1].map(() => site.user(sharedWireLimit({ redis, limit: 1 })));
  expect(await Promise.all(users.map((user, index) => user.say(`from ${index}`)))).toEqual(["from 0", "from 1"]);
  expect(site.server.maxOpen).toBe(1);
  expect(await server.ask("KEYS", "*:permits")).toHaveLength(1);
}

describe.runIf(hasProgram("redis"))(titleNeeding("redis", "a limit in Redis"), () => {
  it("is reached by TLS, with whatever the caller's client trusts", async () => {
    const tls = await generateTlsIdentity();
    await using redis = await startRedis({ password, tls });
    const client = createClient({ url: redis.url, socket: { tls: true, ca: tls.cert } });
    await client.connect();
    await expectShared(client, redis);
    client.destroy();
  });

  it("is not asked where nobody vouches for the server at the end of a rediss: URL, nor without TLS", async () => {
    await using redis = await startRedis({ password, tls: await generateTlsIdentity() });
    await using site = await startEchoSite();
    for (const url of [redis.url, redis.url.replace("rediss:", "redis:")]) {
      const asking = site.user(sharedWireLimit({ redis: url, limit: 1, unreachableMs: 500 })).say("hello");
      await expect(asking).rejects.toMatchObject({ code: "connection-failed" });
      await expect(asking).rejects.not.toThrow(encodeURIComponent(password));
    }
    expect(site.server.accepted).toBe(0);
    expect(await redis.ask("KEYS", "*")).toEqual([]);
  });

  it("is kept by a cluster, all keys of one count on one node", async () => {
    await using redis = await startRedis({ cluster: true });
    await redis.ask("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    await expect.poll(() => redis.ask("CLUSTER", "INFO"), { timeout: 20_000 }).toContain("cluster_state:ok");
    const cluster = createCluster({ rootNodes: [{ url: redis.url }] });
    await cluster.connect();
    await expectShared(cluster, redis);
    cluster.destroy();
  });

  it("is asked for by a pool of clients", async () => {
    await using redis = await startRedis({ password });
    const pool = createClientPool({ url: redis.url });
    await pool.connect();
    await expectShared(pool, redis);
    pool.destroy();
  });
});
