import { parseArgs } from "node:util";

import type { Benchmark, BenchmarkSettings } from "./benchmark.ts";
import { chain } from "./chain/chain.ts";
import { connect } from "./connect/connect.ts";
import { connections } from "./connections/connections.ts";
import { layers } from "./layers/layers.ts";
import { lookup } from "./lookup/lookup.ts";
import { describeMachine, machineText } from "./machine.ts";
import { manyStreams } from "./many-streams/many-streams.ts";
import { overhead } from "./overhead/overhead.ts";
import { overlap } from "./overlap/overlap.ts";
import { readv } from "./readv/readv.ts";
import { keepRecord } from "./record.ts";
import { writeReport } from "./report/report.ts";
import { roundTrips } from "./round-trips/round-trips.ts";
import { scale } from "./scale/scale.ts";
import { serverNames } from "./sites/site.ts";
import { slowReaders } from "./slow-readers/slow-readers.ts";
import { stats } from "./stats/stats.ts";
import { streams } from "./streams/streams.ts";
import { throughput } from "./throughput/throughput.ts";
import { killed } from "./trees/killed.ts";
import { trees } from "./trees/trees.ts";
import { unchanged } from "./trees/unchanged.ts";

const benchmarks: readonly Benchmark[] = [
  chain,
  connect,
  connections,
  killed,
  layers,
  lookup,
  manyStreams,
  overhead,
  overlap,
  readv,
  roundTrips,
  scale,
  slowReaders,
  stats,
  streams,
  throughput,
  trees,
  unchanged,
];

/** Instead of a benchmark's name: what they measured is written into the documentation. */
const reportWord = "report";

const usage = `npm run bench -- [name] [--json] [--smoke] [--server ${serverNames.join("|")}]

${benchmarks.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`).join("\n")}

Without a name all of them run. Each leaves its rows, with the machine and the versions, in .build/bench/<name>.json. --json prints the rows as JSON on stdout and everything else on stderr (npm's own heading goes away with
npm run --silent); --smoke runs tiny sizes, to see that everything works.

npm run bench -- ${reportWord} writes what was measured last, smoke runs aside, into docs/performance.md and docs/performance.svg.
`;

interface CommandLine extends BenchmarkSettings {
  readonly chosen: readonly Benchmark[];
  readonly json: boolean;
}

function readCommandLine(words: readonly string[]): CommandLine | undefined {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      smoke: { type: "boolean", default: false },
      server: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const server = serverNames.find((name) => name === values.server);
  const chosen = positionals.length === 0 ? benchmarks : benchmarks.filter(({ name }) => positionals.includes(name));
  const known = positionals.every((word) => benchmarks.some(({ name }) => name === word));
  if (values.help || !known || (values.server !== undefined && server === undefined)) return undefined;
  const progress = (line: string): void => void process.stderr.write(`  ${line}\n`);
  return { chosen, json: values.json, smoke: values.smoke, server, progress };
}

async function main(words: readonly string[]): Promise<number> {
  if (words.length === 1 && words[0] === reportWord) {
    await writeReport((line) => void process.stderr.write(`  ${line}\n`));
    return 0;
  }
  const commandLine = readCommandLine(words);
  if (commandLine === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const { chosen, json, ...settings } = commandLine;
  const machine = await describeMachine();
  process.stderr.write(`${machineText(machine)}\n`);
  const rows: Record<string, readonly object[]> = {};
  let broken = 0;
  for (const benchmark of chosen) {
    process.stderr.write(`\n${benchmark.name}: ${benchmark.summary}\n`);
    const startedAt = performance.now();
    const result = await benchmark.run(settings);
    const tookMs = Math.round(performance.now() - startedAt);
    // A run on one kind of server does not stand for all of them.
    const name = settings.server === undefined ? benchmark.name : `${benchmark.name}-${settings.server}`;
    const file = await keepRecord({ name, smoke: settings.smoke, machine, tookMs, ...result });
    rows[benchmark.name] = result.rows;
    if (!json) process.stdout.write(`\n${result.text}\n`);
    process.stderr.write(`  ${(tookMs / 1_000).toFixed(1)} s, ${file}\n`);
    for (const line of result.broken) process.stderr.write(`  BROKEN ${line}\n`);
    broken += result.broken.length;
  }
  const [only] = chosen;
  if (json)
    process.stdout.write(
      `${JSON.stringify(chosen.length === 1 && only !== undefined ? rows[only.name] : rows, undefined, 2)}\n`,
    );
  return broken === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
