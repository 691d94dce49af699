import type { DestinationScheme, Transfer } from "../peers/transfer.ts";
import type { ServerName } from "../sites/site.ts";
import { rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import type { Verdict } from "../target.ts";
import { verdictText } from "../target.ts";
import type { Bound } from "./bound.ts";
import type { TreeSize } from "./made-tree.ts";

/** What of a comparison is the same for all who take part. */
export interface TreeCase {
  readonly server: ServerName;
  readonly scheme: DestinationScheme;
  readonly action: Transfer["action"];
  readonly roundTripMs: number;
  /** What makes the delay. */
  readonly network: string;
  readonly size: TreeSize;
}

export interface TreeRow extends TreeCase {
  readonly client: string;
  readonly version: string;
  /** Of each file by samewire: `as it comes` is old or new, never a mix; `false` is in place. */
  readonly atomic?: "as it comes" | false;
  /** The median, the least and the most, in milliseconds, connection included; `ended` where it was ended at that time. */
  readonly ms: number;
  readonly lowMs: number;
  readonly highMs: number;
  readonly rounds: number;
  readonly ended: boolean;
  /** The same for the whole process, with Node's start and the import of packages; undefined where it was ended. */
  readonly processMs?: number;
  readonly cpuMs?: number;
  /** Connections that the server accepted. */
  readonly connections: number;
  /** Time of samewire, as it comes and over as many connections as its first row has, over this client's. */
  readonly samewireRatio: number;
  readonly bound?: Bound;
}

/** One who was not measured, and why. */
export interface MissingClient extends TreeCase {
  readonly client: string;
  readonly missing: string;
}

/** What came of a comparison. */
export interface TreeResult {
  readonly case: TreeCase;
  readonly rows: readonly TreeRow[];
  readonly missing: readonly MissingClient[];
  readonly verdicts: readonly Verdict[];
}

/** For people: a table for each comparison, with what is aimed at under it. */
export function treesText(results: readonly TreeResult[]): string {
  return results.map((result) => [title(result.case), rowsText(result.rows), ...notes(result)].join("\n")).join("\n\n");
}

function title({ server, scheme, action, roundTripMs, network, size }: TreeCase): string {
  const { files, directories, bytesPerFile } = size;
  const delay = `${roundTripMs === 0 ? "no added delay," : `${roundTripMs} ms of round trip by`} ${network}`;
  return `  ${scheme} (${server}), ${action === "put" ? "up" : "down"}: ${files} × ${bytesPerFile} bytes in ${directories} directories, ${delay}`;
}

function rowsText(rows: readonly TreeRow[]): string {
  const columns = [
    left("client"),
    right("s"),
    left("from, to"),
    right("process s"),
    right("cpu s"),
    right("connections"),
    right("samewire ÷ it"),
    left("bound s"),
  ];
  return table(
    columns,
    rows.map((row) => [
      row.client,
      `${row.ended ? "> " : ""}${seconds(row.ms)}`,
      row.rounds > 1 ? `${seconds(row.lowMs)} ${seconds(row.highMs)}` : "once",
      row.processMs === undefined ? "" : seconds(row.processMs),
      row.cpuMs === undefined ? "" : seconds(row.cpuMs),
      String(row.connections),
      `${row.ended ? "< " : ""}${row.samewireRatio.toFixed(row.samewireRatio < 0.1 ? 3 : 2)}`,
      row.bound === undefined ? "" : boundText(row.bound, row),
    ]),
  );
}

/** `0.31 = 0.16 + 7 × 20 ms + 0.01; 1.4 times that`. */
function boundText({ handshakeMs, roundTrips, bytesMs, totalMs }: Bound, { ms, roundTripMs }: TreeRow): string {
  const sum = `${seconds(handshakeMs)} + ${roundTrips} × ${roundTripMs} ms + ${seconds(bytesMs)}`;
  return `${seconds(totalMs)} = ${sum}; this is ${rounded(ms / totalMs, 1)} times that`;
}

function notes({ verdicts, missing }: TreeResult): readonly string[] {
  return [
    ...verdicts.map((verdict) => `  samewire takes ${verdictText(verdict)}`),
    ...missing.map(({ client, missing: reason }) => `  ${client}: ${reason.split("\n")[0]}`),
  ];
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(2);
}
