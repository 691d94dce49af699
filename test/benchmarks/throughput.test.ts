import { describe, expect, it } from "vitest";

import { judge, verdictText } from "../../benchmarks/target.ts";
import { bulkPeers, bulkTargets, ours } from "../../benchmarks/throughput/bulk-peers.ts";
import { throughput } from "../../benchmarks/throughput/throughput.ts";
import type { MeasuredCopy } from "../../benchmarks/throughput/throughput-rows.ts";
import { throughputRows, throughputText } from "../../benchmarks/throughput/throughput-rows.ts";

const MiB = 2 ** 20;

function copy(name: string, ms: number, bytes = 256 * MiB): MeasuredCopy {
  return { name, ms, lowMs: ms, highMs: ms, rounds: 3, bytes };
}

const kind = { server: "OpenSSH", scheme: "sftp", action: "get", roundTripMs: 0 } as const;

describe("targets", () => {
  const all = [copy("samewire", 60), copy("x", 100), copy("y", 50), copy("z", 10)];
  const [mine] = all as [MeasuredCopy, ...MeasuredCopy[]];

  it("are judged against the fastest of those that they are about", () => {
    expect(judge(mine, all, { most: 0.75, of: ["x"] })).toEqual({ most: 0.75, peer: "x", ratio: 0.6, reached: true });
    expect(judge(mine, all, { most: 0.75, of: ["x", "y"] })).toMatchObject({ peer: "y", ratio: 1.2, reached: false });
  });

  it("are not judged where none of those is here", () => {
    expect(judge(mine, all, { most: 1, of: ["somebody else"] })).toBeUndefined();
  });

  it("say in words what came of them", () => {
    expect(verdictText({ most: 0.75, peer: "x", ratio: 0.6, reached: true })).toBe("0.60 of x, aim 0.75: reached");
    expect(verdictText({ most: 0.05, peer: "y", ratio: 0.0512, reached: false })).toBe(
      "0.051 of y, aim 0.05: not reached",
    );
  });

  it("of throughput name clients that are measured, each of whom has a name of its own for a scheme", () => {
    const names = bulkPeers.map(({ peer, schemes }) => [peer.name, ...(schemes ?? [])].join(" "));
    expect(new Set(names).size).toBe(names.length);
    const known = new Set(bulkPeers.map(({ peer }) => peer.name));
    for (const target of Object.values(bulkTargets).flatMap((targets) => targets ?? []))
      for (const name of target.of) expect(known).toContain(name);
    expect(bulkPeers[0]?.peer.name).toBe(ours);
  });
});

it("throughput on servers that it knows nothing of is refused", async () => {
  const settings = { smoke: true, server: "memory", progress: () => undefined } as const;
  await expect(throughput.run(settings)).rejects.toThrow("not measured on memory servers");
});

describe("rows of throughput", () => {
  it("compare by the byte who copied less", () => {
    const rows = throughputRows(kind, [copy(ours, 500), copy("ssh2-sftp-client", 1_000, 16 * MiB)]);
    expect(rows.map(({ mebibytesPerSecond, samewireRatio }) => [mebibytesPerSecond, samewireRatio])).toEqual([
      [512, 1],
      [16, 0.031],
    ]);
    expect(rows[0]?.verdicts).toEqual([{ most: 0.05, peer: "ssh2-sftp-client", ratio: 500 / 16_000, reached: true }]);
    expect(rows[1]?.verdicts).toEqual([]);
  });

  it("are text that names what is missing", () => {
    const text = throughputText(throughputRows(kind, [copy(ours, 500)]), ["vsftpd is not installed"]);
    expect(text).toContain("sftp get");
    expect(text).toMatch(/Missing: vsftpd is not installed$/);
  });
});
