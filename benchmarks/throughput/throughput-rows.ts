import type { Measured } from "../rounds.ts";
import { rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import type { Verdict } from "../target.ts";
import { judge, verdictText } from "../target.ts";
import { bulkTargets, ours } from "./bulk-peers.ts";

/** What is measured where. */
export interface ThroughputKind {
  readonly server: string;
  readonly scheme: string;
  readonly action: "get" | "put";
  /** What the delay adds, there and back, in milliseconds. */
  readonly roundTripMs: number;
}

export interface ThroughputRow extends ThroughputKind {
  readonly client: string;
  /** Less than the others copy where the whole would take minutes. */
  readonly mebibytes: number;
  /** The median of the rounds, and the least and the most of them. */
  readonly ms: number;
  readonly lowMs: number;
  readonly highMs: number;
  readonly mebibytesPerSecond: number;
  /** Time of samewire over this client's, for as many bytes. */
  readonly samewireRatio: number;
  readonly rounds: number;
  /** What was aimed at, in samewire's row. */
  readonly verdicts: readonly Verdict[];
}

/** Who was measured, with how many bytes. */
export interface MeasuredCopy extends Measured {
  readonly bytes: number;
}

const MiB = 2 ** 20;

/** The rows of those that copied in the same rounds, samewire being the first of them. */
export function throughputRows(kind: ThroughputKind, copies: readonly MeasuredCopy[]): readonly ThroughputRow[] {
  const [mine] = copies;
  if (mine === undefined) return [];
  // As if each had copied what samewire did.
  const scaled = copies.map((copy) => ({ ...copy, ms: (copy.ms * mine.bytes) / copy.bytes }));
  const targets = bulkTargets[`${kind.scheme} ${kind.action} ${kind.roundTripMs}`] ?? [];
  const verdicts = targets.map((target) => judge(mine, scaled, target)).filter((verdict) => verdict !== undefined);
  return copies.map((copy, at) => ({
    ...kind,
    client: copy.name,
    mebibytes: copy.bytes / MiB,
    ms: rounded(copy.ms, 1),
    lowMs: rounded(copy.lowMs, 1),
    highMs: rounded(copy.highMs, 1),
    mebibytesPerSecond: rounded((copy.bytes / MiB / copy.ms) * 1_000, 1),
    samewireRatio: rounded(mine.ms / (scaled[at]?.ms ?? mine.ms), 3),
    rounds: copy.rounds,
    verdicts: copy === mine ? verdicts : [],
  }));
}

export function throughputText(rows: readonly ThroughputRow[], missing: readonly string[]): string {
  const columns = [
    left("what"),
    right("round trip ms"),
    left("client"),
    right("MiB"),
    right("seconds"),
    left("least to most"),
    right("MiB/s"),
    right("samewire over it"),
    right("rounds"),
    left(""),
  ];
  const seconds = (ms: number): string => (ms / 1_000).toFixed(2);
  const cells = rows.map((row) => [
    `${row.scheme} ${row.action}`,
    String(row.roundTripMs),
    row.client,
    String(row.mebibytes),
    seconds(row.ms),
    `${seconds(row.lowMs)} to ${seconds(row.highMs)}`,
    row.mebibytesPerSecond.toFixed(0),
    row.client === ours ? "" : row.samewireRatio.toFixed(3),
    String(row.rounds),
    row.verdicts.map(verdictText).join("; "),
  ]);
  const absent = missing.map((line) => `\n  Missing: ${line}`);
  return `${table(columns, cells)}\n  Medians of the rounds, connection included; every copy is compared with its source by SHA-256.${absent.join("")}`;
}
