import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import { noise } from "../readv/scattered.ts";
import { rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import { slowPlaces } from "./slow-places.ts";
import type { SlowReading } from "./slow-reading.ts";
import { fileBytes, mostGrowthBytes, readSlowly } from "./slow-reading.ts";

interface SlowRow {
  readonly server: string;
  readonly readers: number;
  /** Connections at most. */
  readonly connections: number;
  readonly completed: number;
  readonly readMiB: number;
  /** Resident memory of the readers' process, in MiB. */
  readonly beforeMiB: number;
  readonly growthMiB: number;
  /** When the last of them had its first bytes. */
  readonly firstByteMs: number;
  readonly firstEndMs: number;
  readonly lastEndMs: number;
  /** How far the slowest was when the first was done. */
  readonly leastAtFirstEnd: number;
}

type Effort = Omit<SlowReading, "url" | "options" | "atOnce">;

const MiB = 2 ** 20;

const thorough: Effort = { readers: 300, fileBytes, readBytes: 8 * MiB, stepBytes: MiB, pauseMs: 20, heldMs: 3_000 };
const quick: Effort = { ...thorough, readers: 10, fileBytes: 4 * MiB, readBytes: MiB, pauseMs: 1, heldMs: 10 };

export const slowReaders: Benchmark = {
  name: "slow-readers",
  summary:
    "what 300 slow readers of a 50 MiB file at once cost in memory: over one SFTP wire, and over HTTP and WebDAV",
  async run({ smoke, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const effort = smoke ? quick : thorough;
    const content = noise(effort.fileBytes);
    const rows: SlowRow[] = [];
    for (const start of slowPlaces()) {
      await using place = await start(content, effort.readers);
      const { server, url, options, connections, atOnce } = place;
      progress(`${server}: ${effort.readers} readers of ${effort.readBytes / MiB} MiB each`);
      const seen = await readSlowly({ ...effort, url, options, atOnce });
      rows.push({
        server,
        readers: effort.readers,
        connections,
        completed: seen.completed,
        readMiB: effort.readBytes / MiB,
        beforeMiB: rounded(seen.beforeBytes / MiB, 0),
        growthMiB: rounded((seen.peakBytes - seen.beforeBytes) / MiB, 0),
        firstByteMs: rounded(seen.firstByteMs, 0),
        firstEndMs: rounded(seen.firstEndMs, 0),
        lastEndMs: rounded(seen.lastEndMs, 0),
        leastAtFirstEnd: rounded(seen.leastAtFirstEnd, 2),
      });
    }
    const broken = rows
      .filter(({ growthMiB }) => growthMiB * MiB > mostGrowthBytes)
      .map(({ server, growthMiB }) => `${server}: resident memory grew by ${growthMiB} MiB`);
    return { rows, text: slowText(rows), broken };
  },
};

function slowText(rows: readonly SlowRow[]): string {
  const columns = [
    left("server"),
    right("readers"),
    right("connections"),
    right("completed"),
    right("MiB each"),
    right("RSS before MiB"),
    right("growth MiB"),
    right("last first byte ms"),
    right("first end ms"),
    right("last end ms"),
    right("slowest at first end"),
  ];
  const cells = rows.map((row) => [
    row.server,
    String(row.readers),
    String(row.connections),
    String(row.completed),
    String(row.readMiB),
    String(row.beforeMiB),
    String(row.growthMiB),
    String(row.firstByteMs),
    String(row.firstEndMs),
    String(row.lastEndMs),
    `${(row.leastAtFirstEnd * 100).toFixed(0)} %`,
  ]);
  return table(columns, cells);
}
