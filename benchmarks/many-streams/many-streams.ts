import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { getTransport } from "samewire";

import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import { noise } from "../readv/scattered.ts";
import { startSite, usualServers } from "../sites/sites.ts";
import { startAll } from "../sites/started.ts";
import { median, rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import type { ManyStreams, ManyStreamsResult } from "./reading-many.ts";
import { readManyStreams } from "./reading-many.ts";

interface StreamsRow {
  readonly server: string;
  readonly client: ManyStreams["client"];
  readonly readers: "at full speed" | "slowly";
  readonly streams: number;
  readonly mebibytesEach: number;
  /** Medians of the rounds: until the last stream gave its first bytes, and until the last had ended. */
  readonly lastFirstByteMs: number;
  readonly ms: number;
  /** By how much resident memory grew, in MiB: the most of any round. */
  readonly growthMiB: number;
  readonly rounds: number;
}

interface Effort {
  readonly fileBytes: number;
  readonly streams: number;
  readonly readBytes: number;
  readonly rounds: number;
}

const MiB = 2 ** 20;
const thorough: Effort = { fileBytes: 64 * MiB, streams: 100, readBytes: 4 * MiB, rounds: 3 };
const quick: Effort = { fileBytes: 2 * MiB, streams: 10, readBytes: MiB / 4, rounds: 1 };

const paces = [
  { readers: "at full speed", stepBytes: MiB, pauseMs: 0 },
  { readers: "slowly", stepBytes: MiB / 4, pauseMs: 50 },
] as const;

/** What is promised: the growth of resident memory while a hundred are read, at whatever pace. */
const mostGrowthBytes = 150 * MiB;

export const manyStreams: Benchmark = {
  name: "many-streams",
  summary: `${thorough.streams} streams of ${thorough.readBytes / MiB} MiB at once over one SFTP connection: time and memory, against bare ssh2`,
  async run({ smoke, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const effort = smoke ? quick : thorough;
    await using place = await startPlace(effort.fileBytes);
    const rows: StreamsRow[] = [];
    for (const { readers, ...pace } of paces) {
      const results = new Map<ManyStreams["client"], ManyStreamsResult[]>([
        ["samewire", []],
        ["ssh2", []],
      ]);
      for (let round = 0; round < effort.rounds; round++)
        for (const [client, seen] of results) {
          progress(`${place.server}, ${client}, ${readers}, round ${round + 1}`);
          seen.push(await readManyStreams({ client, ...place.target, ...effort, ...pace }));
        }
      for (const [client, seen] of results) rows.push(rowOf(place.server, client, readers, effort, seen));
    }
    const broken = rows
      .filter(({ client, growthMiB }) => client === "samewire" && growthMiB * MiB > mostGrowthBytes)
      .map(({ readers, growthMiB }) => `streams read ${readers}: resident memory grew by ${growthMiB} MiB`);
    return { rows, text: streamsText(rows), broken };
  },
};

interface StreamsPlace extends AsyncDisposable {
  readonly server: string;
  readonly target: Pick<ManyStreams, "url" | "options" | "expectedFile">;
}

/** An SFTP server that has the file, and the file itself. */
function startPlace(fileBytes: number): Promise<StreamsPlace> {
  return startAll(async (started) => {
    const site = started.add(await startSite(usualServers.sftp));
    const [url] = site.roots;
    const folder = await mkdtemp(join(tmpdir(), "samewire-streams-"));
    started.add({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) });
    const [content, expectedFile] = [noise(fileBytes), join(folder, "large")];
    await writeFile(expectedFile, content);
    await using transport = getTransport(url, undefined, site.options);
    await transport.put("large", content, { atomic: false });
    return {
      server: site.server,
      target: { url, options: site.options, expectedFile },
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

function rowOf(
  server: string,
  client: StreamsRow["client"],
  readers: StreamsRow["readers"],
  effort: Effort,
  seen: readonly ManyStreamsResult[],
): StreamsRow {
  const growth = seen.map(({ beforeBytes, peakBytes }) => peakBytes - beforeBytes);
  return {
    server,
    client,
    readers,
    streams: effort.streams,
    mebibytesEach: effort.readBytes / MiB,
    lastFirstByteMs: rounded(median(seen.map(({ lastFirstByteMs }) => lastFirstByteMs)), 0),
    ms: rounded(median(seen.map(({ ms }) => ms)), 0),
    growthMiB: rounded(Math.max(...growth) / MiB, 0),
    rounds: seen.length,
  };
}

function streamsText(rows: readonly StreamsRow[]): string {
  const columns = [
    left("server"),
    left("client"),
    left("read"),
    right("streams"),
    right("MiB each"),
    right("last first byte ms"),
    right("last end ms"),
    right("growth MiB"),
    right("rounds"),
  ];
  const cells = rows.map((row) => [
    row.server,
    row.client,
    row.readers,
    String(row.streams),
    String(row.mebibytesEach),
    String(row.lastFirstByteMs),
    String(row.ms),
    String(row.growthMiB),
    String(row.rounds),
  ]);
  return `${table(columns, cells)}\n  One connection each; every byte is compared. Medians of the rounds, and the most by which resident memory grew in any.`;
}
