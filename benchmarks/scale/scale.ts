import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import { usualServers } from "../sites/sites.ts";
import { left, right, table } from "../table.ts";
import { quick, thorough } from "./effort.ts";
import type { RateRow } from "./rates.ts";
import { measureRates } from "./rates.ts";
import type { SizeRow } from "./sizes.ts";
import { measureSizes } from "./sizes.ts";

export const scale: Benchmark = {
  name: "scale",
  summary: "how far one process goes: operations a second over one connection and several, and what it can hold",
  async run({ smoke, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const effort = smoke ? quick : thorough;
    const sizes = await measureSizes(effort, usualServers, progress);
    const rates = await measureRates(effort, usualServers, progress);
    return { rows: [...sizes, ...rates], text: `${sizesText(sizes)}\n\n${ratesText(rates)}`, broken: [] };
  },
};

function sizesText(rows: readonly SizeRow[]): string {
  const columns = [left("what"), right("at once"), right("bytes each"), right("resident MiB")];
  const cells = rows.map(({ what, count, bytesEach, residentMiB }) => [
    ...[what, String(count), String(bytesEach), residentMiB.toFixed(1)],
  ]);
  return table(columns, cells);
}

function ratesText(rows: readonly RateRow[]): string {
  const columns = [
    ...[left("what"), left("server"), right("connections"), right("at once on each")],
    ...[right("a second"), right("cpu µs"), right("a cpu second")],
  ];
  const cells = rows.map(({ what, server, wires, atOnce, perSecond, cpuUs, perCpuSecond }) => [
    ...[what, server, String(wires), String(atOnce)],
    ...[String(perSecond), cpuUs.toFixed(1), String(perCpuSecond)],
  ]);
  return table(columns, cells);
}
