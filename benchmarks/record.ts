import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { BenchmarkResult } from "./benchmark.ts";
import type { Machine } from "./machine.ts";

/** Beside the compiled programs: `.build/bench/`. */
const folder = fileURLToPath(new URL("../bench/", import.meta.url));

/** One run of a benchmark. */
export interface BenchmarkRecord {
  readonly name: string;
  readonly smoke: boolean;
  readonly machine: Machine;
  readonly tookMs: number;
  readonly rows: BenchmarkResult["rows"];
  readonly text: BenchmarkResult["text"];
  readonly broken: BenchmarkResult["broken"];
}

/** Keeps a run as `<name>.json`, in place of the one before; resolves with the file's path. */
export async function keepRecord(record: BenchmarkRecord): Promise<string> {
  await mkdir(folder, { recursive: true });
  const { name, smoke, machine, tookMs, rows, text, broken } = record;
  const file = join(folder, `${name}.json`);
  await writeFile(file, `${JSON.stringify({ name, smoke, machine, tookMs, broken, text, rows }, undefined, 2)}\n`);
  return file;
}

/** What was kept of each benchmark, in the order of their names; nothing where none ran. */
export async function readRecords(): Promise<readonly BenchmarkRecord[]> {
  await mkdir(folder, { recursive: true });
  const files = (await readdir(folder)).filter((name) => name.endsWith(".json")).toSorted();
  return await Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8")) as BenchmarkRecord),
  );
}
