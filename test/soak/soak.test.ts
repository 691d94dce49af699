import { expect, it } from "vitest";

import { figuresLine } from "../../benchmarks/soak/report.ts";
import { soak } from "../../benchmarks/soak/soak.ts";

it("a short soak of servers in this process ends with everything that was acknowledged, and one wire for each key", async () => {
  const wrongs: string[] = [];
  const figures = await soak({
    seed: 1,
    minutes: 1.5,
    operations: 1_200,
    clones: 60,
    schemes: ["sftp", "ftp", "dav"],
    embedded: true,
    progress: (line) => void (line.startsWith("WRONG") && wrongs.push(line)),
  });
  expect(wrongs).toEqual([]);
  expect(figuresLine(figures)).toMatch(/lost 0, wires per key sftp 1, ftp [1-4], dav 1,/);
  const { ledger, sites } = figures;
  // It is a soak only where things were done, and went wrong.
  expect(ledger.operations).toBe(1_200);
  expect(ledger.verified).toBeGreaterThan(50);
  for (const { wires } of sites) expect(wires.opened).toBeGreaterThan(1);
}, 120_000);
