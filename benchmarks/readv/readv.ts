import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import { median, rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import { Started } from "../sites/started.ts";
import type { RangePlace } from "./range-places.ts";
import { rangePlaces } from "./range-places.ts";
import type { RangeReader } from "./range-reader.ts";
import { MissingPeer } from "./range-reader.ts";
import type { Scattered } from "./scattered.ts";
import { scattered } from "./scattered.ts";

interface ReadvRow {
  readonly server: string;
  /** What the delay adds, there and back, in milliseconds. */
  readonly roundTripMs: number;
  readonly client: string;
  /** For all the parts on an open connection: the median of the rounds. */
  readonly ms: number;
  /** Time of samewire over this client's. */
  readonly samewireRatio: number;
  /** Connections that the server accepted from this client. */
  readonly connections: number;
  readonly rounds: number;
}

/** A client that was not measured, and why. */
interface MissingRow {
  readonly server: string;
  readonly roundTripMs: number;
  readonly client: string;
  readonly missing: string;
}

interface Effort {
  readonly fileBytes: number;
  readonly ranges: number;
  readonly rounds: number;
  readonly roundTripsMs: readonly number[];
}

const rangeBytes = 512;
const thorough: Effort = { fileBytes: 64 * 2 ** 20, ranges: 1_000, rounds: 7, roundTripsMs: [0, 20] };
const quick: Effort = { fileBytes: 2 ** 20, ranges: 20, rounds: 1, roundTripsMs: [2] };

/** Who takes longer than this is read by once, and not in every round. */
const patienceMs = 3_000;

const name = "large";

export const readv: Benchmark = {
  name: "readv",
  summary: `${thorough.ranges} scattered ranges of ${rangeBytes} bytes in a file of 64 MiB, against Breezy, fsspec and the bare drivers`,
  async run({ smoke, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const effort = smoke ? quick : thorough;
    const file = scattered(effort.fileBytes, effort.ranges, rangeBytes);
    const rows: ReadvRow[] = [];
    const missing: MissingRow[] = [];
    for (const start of rangePlaces(smoke ? 1 : Infinity)) {
      for (const roundTripMs of effort.roundTripsMs) {
        await using place = await start(name, file.content, roundTripMs / 2);
        const measured = await measure(place, file, effort.rounds, roundTripMs, progress);
        rows.push(...measured.rows);
        missing.push(...measured.missing);
      }
    }
    return { rows: [...rows, ...missing], text: readvText(rows, missing), broken: [] };
  },
};

/** One of those who read, with what its reading took and cost so far. */
interface Contender {
  readonly client: string;
  readonly reader: RangeReader;
  readonly times: number[];
  connections: number;
}

async function measure(
  place: RangePlace,
  file: Scattered,
  rounds: number,
  roundTripMs: number,
  progress: (line: string) => void,
): Promise<{ readonly rows: readonly ReadvRow[]; readonly missing: readonly MissingRow[] }> {
  await using started = new Started();
  const contenders: Contender[] = [];
  const missing: MissingRow[] = [];
  const { server } = place;
  for (const peer of place.peers) {
    const { name: client } = peer;
    const before = await place.accepted();
    try {
      const reader = started.add(await peer.open({ base: place.base, name, ranges: file.ranges }));
      contenders.push({ client, reader, times: [], connections: (await place.accepted()) - before });
    } catch (error) {
      if (!(error instanceof MissingPeer)) throw error;
      missing.push({ server, roundTripMs, client, missing: error.message });
    }
  }
  // The first round shows who is slow; of the others it does not count, since some of them have not opened all their connections before it.
  for (let round = 0; round <= rounds; round++) {
    progress(`${server}, ${roundTripMs} ms of round trip, round ${round}`);
    for (const contender of contenders) {
      if ((contender.times[0] ?? 0) > patienceMs) continue;
      contender.times.push(await readOnce(contender, place, file));
    }
  }
  const results = contenders.map(({ client, times, connections }) => {
    const counted = times.length > 1 ? times.slice(1) : times;
    return { client, connections, rounds: counted.length, ms: median(counted) };
  });
  const ours = results[0]?.ms ?? Number.NaN;
  const rows = results.map(({ client, connections, rounds: counted, ms }): ReadvRow => {
    const samewireRatio = rounded(ours / ms, 3);
    return { server, roundTripMs, client, ms: rounded(ms, 1), samewireRatio, connections, rounds: counted };
  });
  return { rows, missing };
}

async function readOnce(contender: Contender, place: RangePlace, { digest }: Scattered): Promise<number> {
  const before = await place.accepted();
  const reading = await contender.reader.read();
  // Who leaves something out would be fast.
  if (reading.digest !== digest) throw new Error(`${contender.client} read something else than what is in the file`);
  contender.connections += (await place.accepted()) - before;
  return reading.ms;
}

function readvText(rows: readonly ReadvRow[], missing: readonly MissingRow[]): string {
  const columns = [
    left("server"),
    right("round trip ms"),
    left("client"),
    right("ms"),
    right("samewire over it"),
    right("connections"),
    right("rounds"),
  ];
  const cells = rows.map((row) => [
    row.server,
    String(row.roundTripMs),
    row.client,
    row.ms.toFixed(1),
    row.client === "samewire" ? "" : row.samewireRatio.toFixed(3),
    String(row.connections),
    String(row.rounds),
  ]);
  const absent = new Set(missing.map((row) => `\n  Missing: ${row.client} at ${row.server} (${row.missing})`));
  return `${table(columns, cells)}\n  Medians of the rounds; every byte is compared.${[...absent].join("")}`;
}
