import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import type { ServerName } from "../sites/site.ts";
import { startSite, usualServers } from "../sites/sites.ts";
import { left, right, table } from "../table.ts";
import type { DeathPoint } from "./killed-copies.ts";
import { copyThroughKills } from "./killed-copies.ts";
import type { TreeSize } from "./made-tree.ts";
import { makeTree, manifestOf } from "./made-tree.ts";
import { removal, serverFolder } from "./server-folder.ts";

interface KilledRow {
  readonly server: ServerName;
  readonly files: number;
  readonly seed: number;
  readonly points: readonly DeathPoint[];
  /** What was there already when the last process began, and what it copied. */
  readonly unchanged: number;
  readonly copied: number;
  /** Whether the target is the source byte for byte, with nothing else in it. */
  readonly same: boolean;
}

const thorough = { size: { files: 2_000, directories: 50, bytesPerFile: 4_096 }, kills: 5, maxFiles: 64 };
const quick = { size: { files: 60, directories: 3, bytesPerFile: 4_096 }, kills: 1, maxFiles: 8 };

export const killed: Benchmark = {
  name: "killed",
  summary:
    "a copy of a tree that is killed five times at random points and resumed by a sync: whether all of it is there",
  async run({ smoke, server, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const rows: KilledRow[] = [];
    for (const name of server === undefined ? [usualServers.sftp, usualServers.ftp] : [server]) {
      progress(name);
      rows.push(await kill(name, randomInt(2 ** 31), smoke ? quick : thorough));
    }
    const broken = rows
      .filter(({ same }) => !same)
      .map(({ server: name, seed }) => `${name}: what was resumed is not the source (seed ${seed})`);
    return { rows, text: killedText(rows), broken };
  },
};

interface Effort {
  readonly size: TreeSize;
  readonly kills: number;
  readonly maxFiles: number;
}

async function kill(server: ServerName, seed: number, { size, kills, maxFiles }: Effort): Promise<KilledRow> {
  await using site = await startSite(server);
  const folder = await mkdtemp(join(tmpdir(), "samewire-killed-"));
  try {
    const source = join(folder, "tree");
    await makeTree(source, size);
    const { files } = size;
    const url = `${site.roots[0]}copy/`;
    const { points, last } = await copyThroughKills({
      source,
      files,
      url,
      options: site.options,
      kills,
      maxFiles,
      seed,
    });
    const same = (await serverFolder(site).manifest("copy")) === (await manifestOf(source));
    return { server, files, seed, points, unchanged: last.unchanged, copied: last.files, same };
  } finally {
    await rm(folder, removal);
  }
}

function killedText(rows: readonly KilledRow[]): string {
  const columns = [
    left("server"),
    right("files"),
    left("killed after"),
    right("there at last"),
    right("copied at last"),
    left("same"),
    right("seed"),
  ];
  const cells = rows.map((row) => [
    row.server,
    String(row.files),
    row.points.map(({ deeds, moreMs }) => `${deeds} + ${moreMs} ms`).join(", "),
    String(row.unchanged),
    String(row.copied),
    row.same ? "byte for byte" : "NO",
    String(row.seed),
  ]);
  return table(columns, cells);
}
