import { getTransport } from "samewire";

import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import { noise } from "../readv/scattered.ts";
import type { Site } from "../sites/site.ts";
import { startSite, usualServers } from "../sites/sites.ts";
import { median, percentile, rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import type { SlowWebReading } from "./gateway.ts";
import { GatewayProcess, readSlowlyByHttp } from "./gateway.ts";

interface StreamsRow {
  readonly server: string;
  readonly readers: number;
  /** Connections that the server accepted from the gateway. */
  readonly wires: number;
  /** Readers that got every byte as it is in the file. */
  readonly completed: number;
  readonly readMiB: number;
  /** From when all asked at once until a reader had its first bytes. */
  readonly firstByteMedianMs: number;
  readonly firstByte99Ms: number;
  readonly lastEndMs: number;
  /** Resident memory of the gateway's process, in MiB: with the connection open, at its highest, and by how much that is more. */
  readonly beforeMiB: number;
  readonly peakMiB: number;
  readonly growthMiB: number;
}

interface Effort extends Omit<SlowWebReading, "url" | "readers"> {
  readonly readers: readonly number[];
}

const MiB = 2 ** 20;

const thorough: Effort = {
  readers: [1, 50, 500],
  fileBytes: 64 * MiB,
  readBytes: 8 * MiB,
  stepBytes: MiB / 4,
  pauseMs: 50,
  heldMs: 2_000,
};
const quick: Effort = { ...thorough, readers: [1, 20], fileBytes: 4 * MiB, readBytes: MiB, pauseMs: 1, heldMs: 10 };

/** What is promised: the growth of the gateway's resident memory, however many read. */
const mostGrowthBytes = 200 * MiB;

export const streams: Benchmark = {
  name: "streams",
  summary: `${thorough.readers.join(", ")} slow readers at once through the gateway over one SFTP connection: time to the first byte, and the gateway's memory`,
  async run({ smoke, progress, server = usualServers.sftp }: BenchmarkSettings): Promise<BenchmarkResult> {
    const effort = smoke ? quick : thorough;
    const rows: StreamsRow[] = [];
    await using site = await startSite(server);
    const [url] = site.roots;
    await using transport = getTransport(url, undefined, site.options);
    await transport.put("large", noise(effort.fileBytes), { atomic: false });
    await transport.disconnect();
    for (const readers of effort.readers) {
      progress(`${site.server}: ${readers} readers of ${effort.readBytes / MiB} MiB each`);
      rows.push(await measure(site, effort, readers));
    }
    return { rows, text: streamsText(rows), broken: rows.flatMap(brokenIn) };
  },
};

/** With a gateway of its own, whose memory nobody has used before. */
async function measure(site: Site, { readers: _all, ...reading }: Effort, readers: number): Promise<StreamsRow> {
  const before = await site.accepted();
  await using gateway = await GatewayProcess.start(site.roots[0], site.options);
  // What a first request loads and compiles, and the connection, are there whoever reads how.
  await readSlowlyByHttp({ ...reading, url: gateway.url, readers: 1, readBytes: 1, heldMs: 0 });
  gateway.watch();
  const seen = await readSlowlyByHttp({ ...reading, url: gateway.url, readers });
  const { beforeBytes, peakBytes } = await gateway.end();
  return {
    server: site.server,
    readers,
    wires: (await site.accepted()) - before,
    completed: seen.completed,
    readMiB: reading.readBytes / MiB,
    firstByteMedianMs: rounded(median(seen.firstBytesMs), 0),
    firstByte99Ms: rounded(percentile(seen.firstBytesMs, 0.99), 0),
    lastEndMs: rounded(seen.lastEndMs, 0),
    beforeMiB: rounded(beforeBytes / MiB, 0),
    peakMiB: rounded(peakBytes / MiB, 0),
    growthMiB: rounded((peakBytes - beforeBytes) / MiB, 0),
  };
}

function brokenIn({ readers, wires, completed, growthMiB }: StreamsRow): readonly string[] {
  return [
    ...(wires === 1 ? [] : [`${readers} readers: ${wires} connections to the server`]),
    ...(completed === readers ? [] : [`${readers} readers: ${completed} got all of it`]),
    ...(growthMiB * MiB <= mostGrowthBytes ? [] : [`${readers} readers: resident memory grew by ${growthMiB} MiB`]),
  ];
}

function streamsText(rows: readonly StreamsRow[]): string {
  const columns = [
    left("server"),
    right("readers"),
    right("wires"),
    right("completed"),
    right("MiB each"),
    right("first byte ms: median"),
    right("99 %"),
    right("last end ms"),
    right("RSS before MiB"),
    right("peak MiB"),
    right("growth MiB"),
  ];
  const cells = rows.map((row) => [
    row.server,
    String(row.readers),
    String(row.wires),
    String(row.completed),
    String(row.readMiB),
    String(row.firstByteMedianMs),
    String(row.firstByte99Ms),
    String(row.lastEndMs),
    String(row.beforeMiB),
    String(row.peakMiB),
    String(row.growthMiB),
  ]);
  return `${table(columns, cells)}\n  A connection of HTTP for each reader, one wire behind the gateway for all of them; every byte is compared. Nobody goes on before all have their first bytes.`;
}
