import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import type { Contender, Measured, RoundsEffort } from "../rounds.ts";
import { elapsedMs, measureInRounds } from "../rounds.ts";
import { rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import type { Target, Verdict } from "../target.ts";
import { judge, verdictText } from "../target.ts";
import type { StatClient } from "./stat-client.ts";
import { statFiles } from "./stat-client.ts";
import type { StartStatPlace } from "./stat-places.ts";
import { sftpPlace, webPlace } from "./stat-places.ts";

type Way = "one after another" | "all at once";

interface StatsRow {
  readonly server: string;
  readonly request: string;
  readonly connections: number;
  /** What the delay adds, there and back, in milliseconds. */
  readonly roundTripMs: number;
  readonly way: Way;
  readonly stats: number;
  readonly client: string;
  /** For all of them, on an open connection: the median of the rounds. */
  readonly ms: number;
  /** Time of samewire over this client's. */
  readonly samewireRatio: number;
  readonly rounds: number;
  /** What was aimed at, in samewire's row. */
  readonly verdict?: Verdict;
}

/** What is asked where, and how. */
interface Question {
  readonly place: StartStatPlace;
  readonly roundTripMs: number;
  readonly ways: readonly Way[];
  /** The share of the files that is enough here. */
  readonly share?: number;
}

const all: Way = "all at once";
const single: Way = "one after another";

/** One after another, a delay would only be counted over and over. */
const questions: readonly Question[] = [
  { place: sftpPlace, roundTripMs: 0, ways: [single, all] },
  { place: sftpPlace, roundTripMs: 20, ways: [all] },
  { place: webPlace(1), roundTripMs: 0, ways: [single, all] },
  { place: webPlace(16), roundTripMs: 0, ways: [all] },
  { place: webPlace(16), roundTripMs: 20, ways: [all], share: 0.2 },
];

const thorough = { count: 5_000, rounds: { leastRounds: 3, mostRounds: 9, budgetMs: 3_000 } };
const quick = { count: 100, rounds: { leastRounds: 1, mostRounds: 1, budgetMs: 0 } };

const targets: Readonly<Partial<Record<string, Target>>> = {
  "LSTAT all at once": { most: 1.05, of: ["ssh2"] },
  "HEAD all at once": { most: 1.05, of: ["undici"] },
};

export const stats: Benchmark = {
  name: "stats",
  summary: `${thorough.count} stats, one after another and all at once, against bare ssh2 and undici`,
  async run({ smoke, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const { count, rounds } = smoke ? quick : thorough;
    const rows: StatsRow[] = [];
    for (const { place: start, roundTripMs, ways, share = 1 } of questions) {
      const files = statFiles(count * share);
      await using place = await start(files, roundTripMs / 2);
      const { server, request, connections, clients } = place;
      for (const way of ways) {
        const told = (line: string): void =>
          progress(`${server}, ${connections} connections, ${roundTripMs} ms, ${way}: ${line}`);
        const measured = await measure(clients, files, way, rounds, told);
        const facts = { server, request, connections, roundTripMs, way, stats: files.size };
        rows.push(...measured.map((one) => row(one, measured, facts)));
      }
    }
    return { rows, text: statsText(rows), broken: [] };
  },
};

async function measure(
  clients: readonly StatClient[],
  files: ReadonlyMap<string, number>,
  way: Way,
  rounds: RoundsEffort,
  progress: (line: string) => void,
): Promise<readonly Measured[]> {
  const askAll = way === "all at once" ? askAtOnce : askInTurn;
  const contenders = clients
    .filter(({ oneByOne }) => way === "one after another" || oneByOne !== true)
    .map((client): Contender => ({ name: client.name, run: () => elapsedMs(() => askAll(client, files)) }));
  const { measured, failed } = await measureInRounds(contenders, rounds, progress);
  for (const { name, reason } of failed) throw new Error(`${name}: ${reason}`);
  return measured;
}

async function askAtOnce(client: StatClient, files: ReadonlyMap<string, number>): Promise<void> {
  await Promise.all(Array.from(files, (file) => ask(client, file)));
}

async function askInTurn(client: StatClient, files: ReadonlyMap<string, number>): Promise<void> {
  for (const file of files) await ask(client, file);
}

async function ask(client: StatClient, [file, size]: readonly [file: string, size: number]): Promise<void> {
  const answer = await client.size(file);
  if (answer !== size) throw new Error(`${client.name} says that ${file} has ${answer} bytes, and not ${size}`);
}

function row(
  measured: Measured,
  others: readonly Measured[],
  facts: Pick<StatsRow, "server" | "request" | "connections" | "roundTripMs" | "way" | "stats">,
): StatsRow {
  const [ours = measured] = others;
  const target = measured === ours ? targets[`${facts.request} ${facts.way}`] : undefined;
  const verdict = target === undefined ? undefined : judge(ours, others, target);
  return {
    ...facts,
    client: measured.name,
    ms: rounded(measured.ms, 1),
    samewireRatio: rounded(ours.ms / measured.ms, 3),
    rounds: measured.rounds,
    ...(verdict === undefined ? {} : { verdict }),
  };
}

function statsText(rows: readonly StatsRow[]): string {
  const columns = [
    left("server"),
    left("request"),
    right("connections"),
    right("round trip ms"),
    right("stats"),
    left("how"),
    left("client"),
    right("ms"),
    right("samewire over it"),
    right("rounds"),
    left(""),
  ];
  const cells = rows.map((one) => [
    one.server,
    one.request,
    String(one.connections),
    String(one.roundTripMs),
    String(one.stats),
    one.way,
    one.client,
    one.ms.toFixed(1),
    one.client === "samewire" ? "" : one.samewireRatio.toFixed(3),
    String(one.rounds),
    one.verdict === undefined ? "" : verdictText(one.verdict),
  ]);
  return `${table(columns, cells)}\n  Medians for all of them on open connections; every answer is compared.`;
}
