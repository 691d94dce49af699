import { TransportScope } from "samewire";
import type { Transport } from "samewire";

import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import { startSite, usualServers } from "../sites/sites.ts";
import { Ssh2Peer } from "../sites/ssh2-peer.ts";
import { openSsh2Session } from "../sites/ssh2-session.ts";
import { rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import { BareSftp } from "./bare-sftp.ts";
import type { Task } from "./pairs.ts";
import { comparePairs, warmUp } from "./pairs.ts";

interface OverheadRow {
  readonly task: string;
  /** How many are under way at once. */
  readonly concurrency: number;
  /** Time of samewire over time of bare ssh2. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly coverage: number;
  /** The same of the processor time of the client alone. */
  readonly cpuRatio: number;
  readonly samewireUs: number;
  readonly ssh2Us: number;
  readonly pairs: number;
}

/** What is aimed at; not a failure on a machine that is busy with something else. */
const targetRatio = 1.05;

/** Fifteen pairs: then the interval is that from the fourth to the twelfth, and holds the median with 96.5 %. */
const thorough = { pairs: 15, sideMs: 200, warmUp: { tasks: 20_000, maxMs: 5_000 } };
const quick = { pairs: 2, sideMs: 20, warmUp: { tasks: 100, maxMs: 100 } };

const content = Buffer.alloc(4_096, "samewire ");

export const overhead: Benchmark = {
  name: "overhead",
  summary: "samewire against bare ssh2 without Nagle's delay, the same requests on one connection each",
  async run({ smoke, server = usualServers.sftp, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    await using site = await startSite(server);
    if (!(site.peer instanceof Ssh2Peer)) throw new RangeError(`ssh2 does not speak to ${site.server} servers`);
    const [root] = site.roots;
    await using scope = new TransportScope();
    const transport = scope.getTransport(root, site.options);
    await transport.put("file", content);
    await using session = await openSsh2Session(root, site.peer.login);
    const bare = new BareSftp(session);
    const rows: OverheadRow[] = [];
    const effort = smoke ? quick : thorough;
    for (const { name, ours, theirs } of tasks(transport, bare)) {
      progress(`${name}: warming up`);
      await warmUp(ours, effort.warmUp);
      await warmUp(theirs, effort.warmUp);
      for (const concurrency of [1, 64]) {
        progress(`${name}, ${concurrency} at once`);
        const result = await comparePairs(ours, theirs, { concurrency, ...effort });
        rows.push({
          task: name,
          concurrency,
          ratio: rounded(result.ratio, 3),
          low: rounded(result.low, 3),
          high: rounded(result.high, 3),
          coverage: rounded(result.coverage, 3),
          cpuRatio: rounded(result.cpuRatio, 3),
          samewireUs: rounded(result.oursUs, 1),
          ssh2Us: rounded(result.theirsUs, 1),
          pairs: effort.pairs,
        });
      }
    }
    return { rows, text: overheadText(rows), broken: [] };
  },
};

interface Comparison {
  readonly name: string;
  readonly ours: Task;
  readonly theirs: Task;
}

/** Every put has a name of its own among a few, so that no two at once write the same file. */
function tasks(transport: Transport, bare: BareSftp): readonly Comparison[] {
  const name = rotating(256);
  return [
    { name: "stat", ours: () => transport.stat("file"), theirs: () => bare.stat("file") },
    { name: "get 4 KiB", ours: () => transport.getBytes("file"), theirs: () => bare.get("file") },
    {
      name: "put 4 KiB in place",
      ours: () => transport.put(name("samewire"), content, { atomic: false }),
      theirs: () => bare.put(name("ssh2"), content),
    },
    {
      name: "put 4 KiB atomically",
      ours: () => transport.put(name("samewire"), content),
      theirs: () => bare.putAtomically(name("ssh2"), content),
    },
  ];
}

function rotating(count: number): (prefix: string) => string {
  let last = 0;
  return (prefix) => `${prefix}-${(last = (last + 1) % count)}`;
}

function overheadText(rows: readonly OverheadRow[]): string {
  const columns = [
    left("task"),
    right("at once"),
    right("ratio"),
    left("interval"),
    right("cpu"),
    right("samewire µs"),
    right("ssh2 µs"),
    left(""),
  ];
  const cells = rows.map((row) => [
    row.task,
    String(row.concurrency),
    row.ratio.toFixed(3),
    `${row.low.toFixed(3)} to ${row.high.toFixed(3)}`,
    row.cpuRatio.toFixed(3),
    row.samewireUs.toFixed(1),
    row.ssh2Us.toFixed(1),
    row.ratio <= targetRatio ? "" : `above ${targetRatio}`,
  ]);
  const { coverage = 0, pairs = 0 } = rows[0] ?? {};
  return `${table(columns, cells)}\n  Medians of ${pairs} pairs; the interval holds the true median with ${(coverage * 100).toFixed(1)} %.`;
}
