import { expect, it } from "vitest";

import { roundTrips } from "../../benchmarks/round-trips/round-trips.ts";

const quickly = { smoke: true, progress: () => undefined };

it("the round trips of small operations are at least those that their commands need", async () => {
  const { rows } = await roundTrips.run({ ...quickly, server: "embedded-ftp" });
  const counts = (rows as { task: string; samewireRoundTrips: number; peerRoundTrips: number }[]).map(
    ({ task, samewireRoundTrips, peerRoundTrips }) => [task, Math.min(samewireRoundTrips, peerRoundTrips)] as const,
  );
  for (const [task, least] of [
    ["stat", 1],
    ["list", 2],
    ["get 4 KiB", 2],
    ["put 4 KiB in place", 3],
    ["put 4 KiB atomically", 4],
  ] as const)
    expect(new Map(counts).get(task), task).toBeGreaterThanOrEqual(least);
});

it("what has no other client to be compared with is refused", async () => {
  await expect(roundTrips.run({ ...quickly, server: "embedded" })).rejects.toThrow("does not speak to embedded");
});
