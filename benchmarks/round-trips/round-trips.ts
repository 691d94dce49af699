import { TransportScope } from "samewire";

import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import { BasicFtpPeer } from "../sites/basic-ftp-peer.ts";
import type { ServerName } from "../sites/site.ts";
import { startSite, usualServers } from "../sites/sites.ts";
import { median, rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import { prepare, tasks } from "./tasks.ts";

interface RoundTripRow {
  readonly task: string;
  readonly server: ServerName;
  /** What samewire is compared with. */
  readonly peer: string;
  /** What the delay alone takes there and back, in milliseconds. */
  readonly roundTripMs: number;
  /** Of one task on an open connection: medians of several. */
  readonly samewireMs: number;
  readonly peerMs: number;
  readonly samewireRoundTrips: number;
  readonly peerRoundTrips: number;
}

const delayMs = 10;
const roundTripMs = 2 * delayMs;

export const roundTrips: Benchmark = {
  name: "round-trips",
  summary: `what one small operation over FTP costs through ${roundTripMs} ms of delay, against bare basic-ftp`,
  async run({ smoke, server = usualServers.ftp, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    await using site = await startSite(server, { delayMs });
    if (!(site.peer instanceof BasicFtpPeer)) throw new RangeError(`basic-ftp does not speak to ${server} servers`);
    const [root] = site.roots;
    await using scope = new TransportScope();
    const transport = scope.getTransport(root, site.options);
    await prepare(transport);
    await using session = await site.peer.access(root);
    const turns = smoke ? 1 : 9;
    const rows: RoundTripRow[] = [];
    for (const { name, ours, theirs } of tasks(transport, session)) {
      progress(name);
      const [samewireMs, peerMs] = [await measure(ours, turns), await measure(theirs, turns)];
      rows.push({
        task: name,
        server,
        peer: site.peer.name,
        roundTripMs,
        samewireMs: rounded(samewireMs, 1),
        peerMs: rounded(peerMs, 1),
        samewireRoundTrips: rounded(samewireMs / roundTripMs, 1),
        peerRoundTrips: rounded(peerMs / roundTripMs, 1),
      });
    }
    return { rows, text: roundTripsText(rows), broken: [] };
  },
};

/** The median of several, on a connection that is open and knows its server. */
async function measure(work: () => Promise<unknown>, turns: number): Promise<number> {
  await work();
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  return median(times);
}

function roundTripsText(rows: readonly RoundTripRow[]): string {
  const [{ peer } = { peer: "" }] = rows;
  const columns = [
    left("task"),
    left("server"),
    right("samewire round trips"),
    right(`${peer} round trips`),
    right("samewire ms"),
    right(`${peer} ms`),
  ];
  const cells = rows.map((row) => [
    row.task,
    row.server,
    row.samewireRoundTrips.toFixed(1),
    row.peerRoundTrips.toFixed(1),
    row.samewireMs.toFixed(1),
    row.peerMs.toFixed(1),
  ]);
  return table(columns, cells);
}
