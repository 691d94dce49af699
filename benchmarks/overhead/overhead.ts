import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import type { ServerName } from "../sites/site.ts";
import { usualServers } from "../sites/sites.ts";
import { rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import type { Comparisons, Effort } from "./comparison.ts";
import { startHttpComparisons } from "./http-comparisons.ts";
import { comparePairs, warmUp } from "./pairs.ts";
import { startSftpComparisons } from "./sftp-comparisons.ts";

interface OverheadRow {
  readonly task: string;
  /** The bare client's package. */
  readonly bare: string;
  /** How many are under way at once. */
  readonly concurrency: number;
  /** Time of samewire over time of the bare client. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly coverage: number;
  /** The same of the processor time of the client alone. */
  readonly cpuRatio: number;
  readonly samewireUs: number;
  readonly bareUs: number;
  readonly pairs: number;
}

/** What is aimed at; not a failure on a machine that is busy with something else. */
const targetRatio = 1.05;

const MiB = 2 ** 20;

/** Fifteen pairs: then the interval is that from the fourth to the twelfth, and holds the median with 96.5 %. */
const thorough: Effort = { pairs: 11, sideMs: 200, warmUp: { tasks: 20_000, maxMs: 3_000 }, bulkBytes: 256 * MiB };
const quick: Effort = { pairs: 2, sideMs: 20, warmUp: { tasks: 100, maxMs: 100 }, bulkBytes: 4 * MiB };

export const overhead: Benchmark = {
  name: "overhead",
  summary: "samewire over bare ssh2 that sends the same requests, and over bare undici, on one connection each",
  async run({ smoke, server, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const effort = smoke ? quick : thorough;
    const rows: OverheadRow[] = [];
    for (const start of starters(server, effort)) {
      await using comparisons = await start();
      rows.push(...(await measure(comparisons, effort, progress)));
    }
    return { rows, text: overheadText(rows), broken: [] };
  },
};

function starters(server: ServerName | undefined, { bulkBytes }: Effort): readonly (() => Promise<Comparisons>)[] {
  if (server !== undefined) return [() => startSftpComparisons(server)];
  return [() => startSftpComparisons(usualServers.sftp), () => startHttpComparisons(bulkBytes)];
}

async function measure(
  { bare, comparisons }: Comparisons,
  effort: Effort,
  progress: (line: string) => void,
): Promise<readonly OverheadRow[]> {
  const rows: OverheadRow[] = [];
  for (const { name, ours, theirs, atOnce, bulky = false } of comparisons) {
    if (!bulky) {
      progress(`${name}: warming up`);
      await warmUp(ours, effort.warmUp);
      await warmUp(theirs, effort.warmUp);
    }
    for (const concurrency of atOnce) {
      progress(`${name}, ${concurrency} at once`);
      const result = await comparePairs(ours, theirs, { ...effort, concurrency, sideMs: bulky ? 1 : effort.sideMs });
      rows.push({
        task: name,
        bare,
        concurrency,
        ratio: rounded(result.ratio, 3),
        low: rounded(result.low, 3),
        high: rounded(result.high, 3),
        coverage: rounded(result.coverage, 3),
        cpuRatio: rounded(result.cpuRatio, 3),
        samewireUs: rounded(result.oursUs, 1),
        bareUs: rounded(result.theirsUs, 1),
        pairs: effort.pairs,
      });
    }
  }
  return rows;
}

function overheadText(rows: readonly OverheadRow[]): string {
  const columns = [
    left("task"),
    right("at once"),
    right("ratio"),
    left("interval"),
    right("cpu"),
    right("samewire µs"),
    right("bare µs"),
    left("bare"),
    left(""),
  ];
  const cells = rows.map((row) => [
    row.task,
    String(row.concurrency),
    row.ratio.toFixed(3),
    `${row.low.toFixed(3)} to ${row.high.toFixed(3)}`,
    row.cpuRatio.toFixed(3),
    row.samewireUs.toFixed(1),
    row.bareUs.toFixed(1),
    row.bare,
    row.ratio <= targetRatio ? "" : `above ${targetRatio}`,
  ]);
  const { coverage = 0, pairs = 0 } = rows[0] ?? {};
  return `${table(columns, cells)}\n  Medians of ${pairs} pairs; the interval holds the true median with ${(coverage * 100).toFixed(1)} %.`;
}
