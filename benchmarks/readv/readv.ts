import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import { startNetwork } from "../delay/start-network.ts";
import type { Contender, RoundsEffort } from "../rounds.ts";
import { measureInRounds } from "../rounds.ts";
import { Started } from "../sites/started.ts";
import { rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import type { Target, Verdict } from "../target.ts";
import { judge, verdictText } from "../target.ts";
import { bareSsh2Name } from "./bare-ssh2-reader.ts";
import type { RangePlace } from "./range-places.ts";
import { rangePlaces } from "./range-places.ts";
import type { RangeReader } from "./range-reader.ts";
import { MissingPeer } from "./range-reader.ts";
import type { Scattered } from "./scattered.ts";
import { scattered } from "./scattered.ts";
import { undiciWays } from "./undici-reader.ts";

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
  /** What was aimed at, in samewire's row. */
  readonly verdicts: readonly Verdict[];
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
  readonly rounds: RoundsEffort;
  readonly roundTripsMs: readonly number[];
}

const rangeBytes = 512;
const thorough: Effort = {
  fileBytes: 64 * 2 ** 20,
  ranges: 1_000,
  rounds: { leastRounds: 3, mostRounds: 7, budgetMs: 3_000 },
  roundTripsMs: [0, 20],
};
const quick: Effort = {
  fileBytes: 2 ** 20,
  ranges: 20,
  rounds: { leastRounds: 1, mostRounds: 1, budgetMs: 0 },
  roundTripsMs: [2],
};

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
        await using network = await startNetwork(roundTripMs, progress);
        await using place = await start(name, file.content, network);
        const measured = await measure(place, file, effort.rounds, roundTripMs, progress);
        rows.push(...measured.rows);
        missing.push(...measured.missing);
      }
    }
    return { rows: [...rows, ...missing], text: readvText(rows, missing), broken: [] };
  },
};

async function measure(
  place: RangePlace,
  file: Scattered,
  rounds: RoundsEffort,
  roundTripMs: number,
  progress: (line: string) => void,
): Promise<{ readonly rows: readonly ReadvRow[]; readonly missing: readonly MissingRow[] }> {
  await using started = new Started();
  const contenders: Contestant[] = [];
  const { server, scheme, base, peers } = place;
  const missing: MissingRow[] = [];
  for (const peer of peers) {
    const { name: client } = peer;
    if (peer.oneByOne && roundTripMs >= 20) {
      missing.push({ server, roundTripMs, client, missing: "a round trip or more for each range takes it minutes" });
      continue;
    }
    const before = await place.accepted();
    try {
      const reader = started.add(await peer.open({ base, name, ranges: file.ranges }));
      contenders.push(new Contestant(client, reader, place, file.digest, (await place.accepted()) - before));
    } catch (error) {
      if (!(error instanceof MissingPeer)) throw error;
      missing.push({ server, roundTripMs, client, missing: error.message });
    }
  }
  const tell = (line: string): void => progress(`${server}, ${roundTripMs} ms of round trip, ${line}`);
  const { measured, failed } = await measureInRounds(contenders, rounds, tell);
  const [mine] = measured;
  const rows = measured.map((one): ReadvRow => ({
    server,
    roundTripMs,
    client: one.name,
    ms: rounded(one.ms, 1),
    samewireRatio: rounded((mine?.ms ?? one.ms) / one.ms, 3),
    connections: contenders.find((contender) => contender.name === one.name)?.connections ?? 0,
    rounds: one.rounds,
    verdicts:
      one === mine ? targetsFor(scheme, roundTripMs).flatMap((target) => judge(one, measured, target) ?? []) : [],
  }));
  missing.push(...failed.map((one): MissingRow => ({ server, roundTripMs, client: one.name, missing: one.reason })));
  return { rows, missing };
}

const bareDrivers = [bareSsh2Name, ...undiciWays.map((way) => way.name)];

function targetsFor(scheme: RangePlace["scheme"], roundTripMs: number): readonly Target[] {
  const bare = { most: 1.05, of: bareDrivers };
  return roundTripMs === 0 ? [bare] : [bare, { most: scheme === "sftp" ? 0.8 : 0.6, of: ["breezy"] }];
}

/** One of those who read, on a connection that stays open. */
class Contestant implements Contender {
  readonly name: string;
  /** That the server accepted from it so far. */
  connections: number;
  readonly #reader: RangeReader;
  readonly #place: RangePlace;
  readonly #digest: string;

  constructor(name: string, reader: RangeReader, place: RangePlace, digest: string, connections: number) {
    this.name = name;
    this.connections = connections;
    this.#reader = reader;
    this.#place = place;
    this.#digest = digest;
  }

  async run(): Promise<number> {
    const before = await this.#place.accepted();
    const { ms, digest } = await this.#reader.read();
    // Who leaves something out would be fast.
    if (digest !== this.#digest) throw new Error(`${this.name} read something else than what is in the file`);
    this.connections += (await this.#place.accepted()) - before;
    return ms;
  }
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
    left(""),
  ];
  const cells = rows.map((row) => [
    row.server,
    String(row.roundTripMs),
    row.client,
    row.ms.toFixed(1),
    row.client === "samewire" ? "" : row.samewireRatio.toFixed(3),
    String(row.connections),
    String(row.rounds),
    row.verdicts.map(verdictText).join("; "),
  ]);
  const absent = new Set(missing.map((row) => `\n  Missing: ${row.client} at ${row.server} (${row.missing})`));
  return `${table(columns, cells)}\n  Medians of the rounds; every byte is compared.${[...absent].join("")}`;
}
