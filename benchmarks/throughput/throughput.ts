import { pipeline } from "node:stream/promises";

import { TransportScope } from "samewire";
import type { Transport } from "samewire";

import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import type { Task } from "../overhead/pairs.ts";
import { comparePairs } from "../overhead/pairs.ts";
import { BasicFtpPeer } from "../sites/basic-ftp-peer.ts";
import type { ServerName, Site } from "../sites/site.ts";
import { startSite, usualServers } from "../sites/sites.ts";
import { Ssh2Peer } from "../sites/ssh2-peer.ts";
import { rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import type { BulkClient } from "./bulk.ts";
import { Drop, bulk } from "./bulk.ts";
import { BulkFtp } from "./bulk-ftp.ts";
import { BulkSftp } from "./bulk-sftp.ts";

interface ThroughputRow {
  readonly task: "get" | "put";
  readonly server: ServerName;
  /** What samewire is compared with. */
  readonly peer: string;
  readonly bytes: number;
  /** Time of samewire over time of the peer. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly coverage: number;
  /** The same of the processor time of this process. */
  readonly cpuRatio: number;
  readonly samewireMs: number;
  readonly peerMs: number;
  readonly pairs: number;
}

/** What is aimed at; not a failure on a machine that is busy with something else. */
const targetRatio = 1.05;

const MiB = 2 ** 20;

/** Nine pairs, each of two transfers of either side: then the interval is that from the second to the eighth, and holds the median with 96.1 %. */
const thorough = { bytes: 256 * MiB, pairs: 9, sideMs: 1 };
const quick = { bytes: 4 * MiB, pairs: 2, sideMs: 1 };

export const throughput: Benchmark = {
  name: "throughput",
  summary: "a large get and put as streams against bare basic-ftp and bare ssh2, on one connection each",
  async run({ smoke, server, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const rows: ThroughputRow[] = [];
    for (const name of server === undefined ? [usualServers.ftp, usualServers.sftp] : [server]) {
      await using site = await startSite(name);
      await using client = await connectClient(site);
      await using scope = new TransportScope();
      const transport = scope.getTransport(site.roots[0], site.options);
      rows.push(...(await compare(transport, client, site.server, smoke ? quick : thorough, progress)));
    }
    return { rows, text: throughputText(rows), broken: [] };
  },
};

async function connectClient({ peer, server, roots: [root] }: Site): Promise<BulkClient> {
  if (peer instanceof BasicFtpPeer) return await BulkFtp.connect(root, peer);
  if (peer instanceof Ssh2Peer) return await BulkSftp.connect(root, peer);
  throw new RangeError(`there is no other client for ${server} servers`);
}

async function compare(
  transport: Transport,
  client: BulkClient,
  server: ServerName,
  effort: typeof thorough,
  progress: (line: string) => void,
): Promise<readonly ThroughputRow[]> {
  const { bytes, pairs } = effort;
  await transport.put("large", bulk(bytes), { atomic: false });
  const rows: ThroughputRow[] = [];
  for (const { task, ours, theirs } of tasks(transport, client, bytes)) {
    progress(`${server}, ${task}`);
    const result = await comparePairs(ours, theirs, { concurrency: 1, ...effort });
    rows.push({
      task,
      server,
      peer: client.name,
      bytes,
      ratio: rounded(result.ratio, 3),
      low: rounded(result.low, 3),
      high: rounded(result.high, 3),
      coverage: rounded(result.coverage, 3),
      cpuRatio: rounded(result.cpuRatio, 3),
      samewireMs: rounded(result.oursUs / 1_000, 1),
      peerMs: rounded(result.theirsUs / 1_000, 1),
      pairs,
    });
  }
  for (const name of ["by-samewire", "by-hand"]) checkLength((await transport.stat(name)).sizeBytes, bytes);
  return rows;
}

interface Comparison {
  readonly task: ThroughputRow["task"];
  readonly ours: Task;
  readonly theirs: Task;
}

function tasks(transport: Transport, client: BulkClient, bytes: number): readonly Comparison[] {
  const whole = (arrived: number): void => checkLength(arrived, bytes);
  return [
    {
      task: "get",
      async ours() {
        const drop = new Drop();
        await pipeline(await transport.get("large"), drop);
        whole(drop.bytes);
      },
      theirs: async () => whole(await client.get("large")),
    },
    {
      task: "put",
      ours: async () => whole(await transport.put("by-samewire", bulk(bytes), { atomic: false })),
      theirs: () => client.put("by-hand", bulk(bytes)),
    },
  ];
}

/** A transfer that loses something would be a fast one. */
function checkLength(arrived: number, bytes: number): void {
  if (arrived !== bytes) throw new Error(`${arrived} of ${bytes} bytes arrived`);
}

function throughputText(rows: readonly ThroughputRow[]): string {
  const columns = [
    left("task"),
    left("server"),
    right("MiB"),
    right("ratio"),
    left("interval"),
    right("cpu"),
    right("samewire MiB/s"),
    right("MiB/s"),
    left("of"),
    left(""),
  ];
  const perSecond = (bytes: number, ms: number): string => ((bytes / MiB / ms) * 1_000).toFixed(0);
  const cells = rows.map((row) => [
    row.task,
    row.server,
    String(row.bytes / MiB),
    row.ratio.toFixed(3),
    `${row.low.toFixed(3)} to ${row.high.toFixed(3)}`,
    row.cpuRatio.toFixed(3),
    perSecond(row.bytes, row.samewireMs),
    perSecond(row.bytes, row.peerMs),
    row.peer,
    row.ratio <= targetRatio ? "" : `above ${targetRatio}`,
  ]);
  const { coverage = 0, pairs = 0 } = rows[0] ?? {};
  return `${table(columns, cells)}\n  Medians of ${pairs} pairs; the interval holds the true median with ${(coverage * 100).toFixed(1)} %.`;
}
