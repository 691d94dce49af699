import { hasProgram } from "../../test/servers/find-servers.ts";
import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import type { Network } from "../delay/network.ts";
import { startNetwork } from "../delay/start-network.ts";
import type { Contender, RoundsEffort } from "../rounds.ts";
import { measureInRounds } from "../rounds.ts";
import { rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import type { Verdict } from "../target.ts";
import { judge, verdictText } from "../target.ts";
import type { ChainClient } from "./chain-clients.ts";
import { chainClients, ours } from "./chain-clients.ts";
import type { ChainPlace } from "./chain-place.ts";
import { startChainPlace } from "./chain-place.ts";
import { chainFound, chainSteps } from "./steps.ts";

interface ChainRow {
  /** What the delay adds, there and back, in milliseconds. */
  readonly roundTripMs: number;
  readonly client: string;
  readonly version: string;
  /** For the whole chain: the median of the rounds, and the least and the most of them. */
  readonly ms: number;
  readonly lowMs: number;
  readonly highMs: number;
  readonly rounds: number;
  /** That both servers accepted; the most in any round. */
  readonly connections: number;
  /** Time of samewire over this client's. */
  readonly samewireRatio: number;
  /** What was aimed at, in samewire's row. */
  readonly verdict?: Verdict;
}

const thorough: RoundsEffort = { leastRounds: 3, mostRounds: 5, budgetMs: 15_000, firstCounts: true };
const quick: RoundsEffort = { leastRounds: 0, mostRounds: 0, budgetMs: 0 };

/** How many servers there are, and so how many connections are enough. */
const serverCount = 2;

const steps = chainSteps("").length;
const peers = chainClients.map(({ name }) => name).filter((name) => name !== ours);

export const chain: Benchmark = {
  name: "chain",
  summary: `${steps} URLs on ${serverCount} SFTP servers, opened one after another by functions that know nothing of each other, beside other programs`,
  async run({ smoke, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    if (!hasProgram("openssh-server"))
      return { rows: [], text: "  Missing: openssh-server is not installed", broken: [] };
    const rows: ChainRow[] = [];
    const missing: string[] = [];
    for (const roundTripMs of smoke ? [2] : [0, 20]) {
      await using network = await startNetwork(roundTripMs, progress);
      const measured = await measureChain(network, smoke ? quick : thorough, progress);
      rows.push(...measured.rows);
      missing.push(...measured.missing);
    }
    const broken = rows
      .filter(({ client, connections }) => client === ours && connections !== serverCount)
      .map(({ roundTripMs, connections }) => `${roundTripMs} ms: ${connections} connections to ${serverCount} servers`);
    return { rows, text: chainText(rows, [...new Set(missing)]), broken };
  },
};

async function measureChain(
  network: Network,
  effort: RoundsEffort,
  progress: (line: string) => void,
): Promise<{ readonly rows: readonly ChainRow[]; readonly missing: readonly string[] }> {
  await using place = await startChainPlace(network);
  const versions = new Map<string, string>();
  for (const client of chainClients) {
    const version = await client.version();
    if (version !== undefined) versions.set(client.name, version);
  }
  const runners = chainClients
    .filter(({ name }) => versions.has(name))
    .map((client) => new ChainRunner(client, place, network));
  const told = (line: string): void => progress(`${network.roundTripMs} ms of round trip, ${line}`);
  const { measured, failed } = await measureInRounds(runners, effort, told);
  const [mine] = measured;
  const rows = measured.map((one): ChainRow => {
    const verdict =
      one === mine && network.roundTripMs > 0 ? judge(one, measured, { most: 0.8, of: peers }) : undefined;
    return {
      roundTripMs: network.roundTripMs,
      client: one.name,
      version: versions.get(one.name) ?? "",
      ms: rounded(one.ms, 1),
      lowMs: rounded(one.lowMs, 1),
      highMs: rounded(one.highMs, 1),
      rounds: one.rounds,
      connections: runners.find(({ name }) => name === one.name)?.connections ?? 0,
      samewireRatio: rounded((mine?.ms ?? one.ms) / one.ms, 3),
      ...(verdict === undefined ? {} : { verdict }),
    };
  });
  const absent = chainClients.filter(({ name }) => !versions.has(name)).map(({ name }) => `${name} is not installed`);
  return { rows, missing: [...absent, ...failed.map(({ name, reason }) => `${name}: ${reason.split("\n")[0]}`)] };
}

/** Takes the steps with one client, each time in a new directory. */
class ChainRunner implements Contender {
  readonly name: string;
  /** The most that one run opened. */
  connections = 0;
  readonly #client: ChainClient;
  readonly #place: ChainPlace;
  readonly #network: Network;
  #runs = 0;

  constructor(client: ChainClient, place: ChainPlace, network: Network) {
    this.name = client.name;
    this.#client = client;
    this.#place = place;
    this.#network = network;
  }

  async run(): Promise<number> {
    const { servers } = this.#place;
    const name = `${this.name.toLowerCase()}-${++this.#runs}`;
    const before = await this.#place.accepted();
    const { ms, found } = await this.#client.run({ servers, steps: chainSteps(name) }, this.#network);
    this.connections = Math.max(this.connections, (await this.#place.accepted()) - before);
    if (found.join("|") !== chainFound.join("|"))
      throw new Error(`${this.name} found ${JSON.stringify(found)} and not ${JSON.stringify(chainFound)}`);
    return ms;
  }
}

function chainText(rows: readonly ChainRow[], missing: readonly string[]): string {
  const columns = [
    right("round trip ms"),
    left("client"),
    right("connections"),
    right("seconds"),
    left("least to most"),
    right("samewire over it"),
    right("rounds"),
    left(""),
  ];
  const seconds = (ms: number): string => (ms / 1_000).toFixed(2);
  const cells = rows.map((row) => [
    String(row.roundTripMs),
    row.client,
    String(row.connections),
    seconds(row.ms),
    `${seconds(row.lowMs)} to ${seconds(row.highMs)}`,
    row.client === ours ? "" : row.samewireRatio.toFixed(3),
    String(row.rounds),
    row.verdict === undefined ? "" : verdictText(row.verdict),
  ]);
  const absent = missing.map((line) => `\n  Missing: ${line}`);
  return `${table(columns, cells)}\n  Medians of the rounds, connection included; what everybody finds is compared.${absent.join("")}`;
}
