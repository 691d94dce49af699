import type { PossibleTransports, Transport } from "samewire";
import { TransportScope, getTransport } from "samewire";

import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import { median, percentile, rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";

interface LookupRow {
  readonly scheme: "memory" | "sftp";
  readonly list: "array" | "scope";
  /** Transports that may be used, each to another host. */
  readonly candidates: number;
  /** Of one `getTransport`, parsing included, in microseconds. */
  readonly medianUs: number;
  readonly p99Us: number;
  readonly samples: number;
}

interface Effort {
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly minSamples: number;
  readonly maxSamples: number;
}

const thorough: Effort = { warmUpMs: 500, measureMs: 1_000, minSamples: 1_000, maxSamples: 200_000 };
const quick: Effort = { warmUpMs: 20, measureMs: 50, minSamples: 50, maxSamples: 1_000 };

export const lookup: Benchmark = {
  name: "lookup",
  summary: "time of a getTransport that reuses a wire, by the number of candidates",
  run({ smoke, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const rows: LookupRow[] = [];
    for (const scheme of ["memory", "sftp"] as const) {
      for (const list of ["array", "scope"] as const) {
        for (const candidates of [1, 100, smoke ? 1_000 : 10_000]) {
          progress(`${scheme}: ${list} of ${candidates}`);
          rows.push(measure(scheme, list, candidates, smoke ? quick : thorough));
        }
      }
    }
    return Promise.resolve({ rows, text: lookupText(rows), broken: [] });
  },
};

function measure(scheme: LookupRow["scheme"], list: LookupRow["list"], candidates: number, effort: Effort): LookupRow {
  const transports = fill(scheme, list, candidates);
  // Of an array the last candidate: every other one is asked before it. Paths differ, so that no call finds the transport itself.
  const urls = Array.from({ length: 1_024 }, (_, at) => `${hostUrl(scheme, candidates - 1)}srv/project-${at}/data/`);
  const times = [];
  const from = performance.now();
  let elapsed = 0;
  for (let at = 0; elapsed < effort.warmUpMs + effort.measureMs || times.length < effort.minSamples; at++) {
    const url = urls[at % urls.length] as string;
    const before = performance.now();
    getTransport(url, transports);
    const after = performance.now();
    elapsed = after - from;
    if (elapsed < effort.warmUpMs) continue;
    times.push((after - before) * 1_000);
    if (times.length === effort.maxSamples) break;
  }
  return {
    scheme,
    list,
    candidates,
    medianUs: rounded(median(times), 2),
    p99Us: rounded(percentile(times, 0.99), 2),
    samples: times.length,
  };
}

/** A list with a transport for each of so many hosts. None of them ever connects. */
function fill(scheme: LookupRow["scheme"], list: LookupRow["list"], candidates: number): PossibleTransports {
  // Each is made with a list of its own, since to ask the growing one would take the square of the time.
  const transports = Array.from({ length: candidates }, (_, at) =>
    getTransport(hostUrl(scheme, at), [] as Transport[]),
  );
  if (list === "array") return transports;
  const scope = new TransportScope({ maxConnections: candidates });
  scope.push(...transports);
  return scope;
}

function hostUrl(scheme: LookupRow["scheme"], at: number): string {
  return `${scheme}://joe@host-${at}.example/`;
}

function lookupText(rows: readonly LookupRow[]): string {
  const columns = [
    left("scheme"),
    left("list"),
    right("candidates"),
    right("median µs"),
    right("p99 µs"),
    right("samples"),
  ];
  const cells = rows.map(({ scheme, list, candidates, medianUs, p99Us, samples }) => [
    scheme,
    list,
    String(candidates),
    medianUs.toFixed(2),
    p99Us.toFixed(2),
    String(samples),
  ]);
  return table(columns, cells);
}
