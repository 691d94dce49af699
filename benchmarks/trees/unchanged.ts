import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import type { TransportOptions } from "samewire";

import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import { rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import type { TreeSize } from "./made-tree.ts";
import { makeTree } from "./made-tree.ts";
import { removal } from "./server-folder.ts";
import type { UnchangedPlace } from "./unchanged-places.ts";
import { unchangedPlaces } from "./unchanged-places.ts";

interface UnchangedRow {
  readonly server: string;
  readonly files: number;
  readonly directories: number;
  readonly ms: number;
  /** Files that were copied, and those that were found to be the same. */
  readonly copied: number;
  readonly unchanged: number;
  /** How often each verb was called in the target. */
  readonly calls: Readonly<Record<string, number>>;
  /** Resident memory with the connection open, and how much more it was at its highest. */
  readonly beforeMiB: number;
  readonly growthMiB: number;
}

const MiB = 2 ** 20;
const bytesPerFile = 16;
const filesPerDirectory = 100;

/** What is promised of memory, for 20,000 files. */
const mostGrowthMiB = 100;

export const unchanged: Benchmark = {
  name: "unchanged",
  summary: "a sync of a tree of 20,000 files that is there already: what it transfers, asks and holds in memory",
  async run({ smoke, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const rows: UnchangedRow[] = [];
    for (const { files, start } of unchangedPlaces) {
      await using place = await start();
      const count = smoke ? files / 100 : files;
      progress(`${place.server}: ${count} files`);
      rows.push(
        await measure(place, { files: count, directories: Math.ceil(count / filesPerDirectory), bytesPerFile }),
      );
    }
    return { rows, text: unchangedText(rows), broken: rows.flatMap(broken) };
  },
};

async function measure({ server, url, options, fill }: UnchangedPlace, size: TreeSize): Promise<UnchangedRow> {
  const folder = await mkdtemp(join(tmpdir(), "samewire-unchanged-"));
  try {
    const source = join(folder, "tree");
    await makeTree(source, size);
    await (fill === undefined ? syncHere({ source, url, options }) : fill(source));
    const seen = await syncHere({ source, url, options });
    return {
      server,
      files: size.files,
      directories: size.directories,
      ms: rounded(seen.ms, 0),
      copied: seen.files,
      unchanged: seen.unchanged,
      calls: seen.calls,
      beforeMiB: rounded(seen.beforeBytes / MiB, 0),
      growthMiB: rounded((seen.peakBytes - seen.beforeBytes) / MiB, 0),
    };
  } finally {
    await rm(folder, removal);
  }
}

/** What the process is told. */
interface Syncing {
  /** A path of this machine. */
  readonly source: string;
  readonly url: string;
  readonly options: TransportOptions;
}

/** What it saw. */
interface Seen {
  readonly ms: number;
  readonly files: number;
  readonly unchanged: number;
  readonly calls: Readonly<Record<string, number>>;
  readonly beforeBytes: number;
  readonly peakBytes: number;
}

const program = join(
  dirname(createRequire(import.meta.url).resolve("samewire/package.json")),
  "benchmarks/trees/sync-here.mjs",
);

async function syncHere(syncing: Syncing): Promise<Seen> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(syncing)]);
  return JSON.parse(stdout) as Seen;
}

/** What must hold wherever it runs. */
function broken({
  server,
  files,
  directories,
  copied,
  unchanged: same,
  calls,
  growthMiB,
}: UnchangedRow): readonly string[] {
  const lists = calls["list"] ?? 0;
  return [
    ...(copied > 0 || same !== files ? [`${server}: ${copied} files were copied, ${same} of ${files} unchanged`] : []),
    ...(lists > directories + 1 ? [`${server}: ${lists} listings of ${directories + 1} directories`] : []),
    ...(growthMiB > mostGrowthMiB ? [`${server}: resident memory grew by ${growthMiB} MiB`] : []),
  ];
}

function unchangedText(rows: readonly UnchangedRow[]): string {
  const columns = [
    left("server"),
    right("files"),
    right("directories"),
    right("s"),
    right("copied"),
    left("calls in the target"),
    right("RSS before MiB"),
    right("growth MiB"),
  ];
  const cells = rows.map((row) => [
    row.server,
    String(row.files),
    String(row.directories + 1),
    (row.ms / 1_000).toFixed(2),
    String(row.copied),
    Object.entries(row.calls)
      .map(([verb, times]) => `${times} ${verb}`)
      .join(", "),
    String(row.beforeMiB),
    String(row.growthMiB),
  ]);
  return table(columns, cells);
}
