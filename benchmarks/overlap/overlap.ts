import type { Transport } from "samewire";
import { TransportScope } from "samewire";

import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import { startSite, usualServers } from "../sites/sites.ts";
import { median, rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";

interface OverlapRow {
  readonly how: "concurrent" | "sequential";
  readonly stats: number;
  /** What the delay alone takes there and back, in milliseconds. */
  readonly roundTripMs: number;
  /** Of all stats together: the median of several turns. */
  readonly elapsedMs: number;
  readonly roundTrips: number;
}

const delayMs = 10;
const roundTripMs = 2 * delayMs;

export const overlap: Benchmark = {
  name: "overlap",
  summary: `stats on one open wire through ${roundTripMs} ms of delay, all at once and one after another`,
  async run({ smoke, server = usualServers.sftp, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    if (server === "memory") throw new RangeError("there is no network before a memory store that could be slow");
    await using site = await startSite(server, { delayMs });
    await using scope = new TransportScope();
    const transport = scope.getTransport(site.roots[0], site.options);
    const paths = Array.from({ length: 100 }, (_, at) => `file-${at}`);
    progress("writing the files");
    await Promise.all(paths.map((path) => transport.put(path, path, { atomic: false })));
    const turns = smoke ? 2 : 15;
    progress("concurrent");
    const concurrent = await row("concurrent", paths, turns, () =>
      Promise.all(paths.map((path) => transport.stat(path))),
    );
    progress("sequential");
    const few = paths.slice(0, 10);
    const sequential = await row("sequential", few, smoke ? 1 : 3, () => oneByOne(transport, few));
    const rows = [concurrent, sequential];
    return { rows, text: overlapText(rows), broken: [] };
  },
};

async function row(
  how: OverlapRow["how"],
  paths: readonly string[],
  turns: number,
  work: () => Promise<unknown>,
): Promise<OverlapRow> {
  await work();
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  const elapsedMs = median(times);
  return {
    how,
    stats: paths.length,
    roundTripMs,
    elapsedMs: rounded(elapsedMs, 2),
    roundTrips: rounded(elapsedMs / roundTripMs, 2),
  };
}

async function oneByOne(transport: Transport, paths: readonly string[]): Promise<void> {
  for (const path of paths) await transport.stat(path);
}

function overlapText(rows: readonly OverlapRow[]): string {
  const columns = [left("how"), right("stats"), right("elapsed ms"), right("round trips")];
  return table(
    columns,
    rows.map(({ how, stats, elapsedMs, roundTrips }) => [
      how,
      String(stats),
      elapsedMs.toFixed(1),
      roundTrips.toFixed(2),
    ]),
  );
}
