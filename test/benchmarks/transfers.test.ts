import { expect, it } from "vitest";

import { roundTrips } from "../../benchmarks/round-trips/round-trips.ts";
import type { ServerName } from "../../benchmarks/sites/site.ts";
import { throughput } from "../../benchmarks/throughput/throughput.ts";

const quickly = { smoke: true, progress: () => undefined };

it.each<{ server: ServerName; peer: string }>([
  { server: "embedded-ftp", peer: "basic-ftp" },
  { server: "embedded", peer: "ssh2" },
])("the throughput of $server servers is measured beside that of $peer, and both move every byte", async (site) => {
  const { rows, broken } = await throughput.run({ ...quickly, server: site.server });
  expect(broken).toEqual([]);
  const measured = { ...site, bytes: 4 * 2 ** 20, pairs: 2, ratio: expect.any(Number) };
  expect(rows).toMatchObject([
    { ...measured, task: "get" },
    { ...measured, task: "put" },
  ]);
});

it("the round trips of small operations are at least those that their commands need", async () => {
  const { rows } = await roundTrips.run({ ...quickly, server: "embedded-ftp" });
  const counts = (rows as { task: string; samewireRoundTrips: number; peerRoundTrips: number }[]).map(
    ({ task, samewireRoundTrips, peerRoundTrips }) => [task, Math.min(samewireRoundTrips, peerRoundTrips)] as const,
  );
  for (const [task, least] of [
    ["stat", 1],
    ["list", 3],
    ["get 4 KiB", 3],
    ["put 4 KiB in place", 4],
    ["put 4 KiB atomically", 6],
  ] as const)
    expect(new Map(counts).get(task), task).toBeGreaterThanOrEqual(least);
});

it("what has no other client to be compared with is refused", async () => {
  await expect(throughput.run({ ...quickly, server: "memory" })).rejects.toThrow("no other client");
  await expect(roundTrips.run({ ...quickly, server: "embedded" })).rejects.toThrow("does not speak to embedded");
});
