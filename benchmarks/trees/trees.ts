import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import type { Link } from "../delay/measure-link.ts";
import { measureLink } from "../delay/measure-link.ts";
import { startNetwork } from "../delay/start-network.ts";
import { peersFor } from "../peers/peers.ts";
import type { Transfer } from "../peers/transfer.ts";
import type { Measured, RoundsEffort } from "../rounds.ts";
import { measureInRounds } from "../rounds.ts";
import { rounded } from "../statistics.ts";
import { judge } from "../target.ts";
import { boundOf, measureHandshake } from "./bound.ts";
import { TreeClient } from "./tree-client.ts";
import type { TreeComparison } from "./tree-cases.ts";
import { comparisons } from "./tree-cases.ts";
import type { TreePlace } from "./tree-place.ts";
import { openTreePlace } from "./tree-place.ts";
import type { MissingClient, TreeCase, TreeResult, TreeRow } from "./tree-rows.ts";
import { treesText } from "./tree-rows.ts";

interface Effort extends RoundsEffort {
  /** Who takes longer is ended, and that is its time. */
  readonly limitMs: number;
  readonly handshakes: number;
  /** For the measurement of the network. */
  readonly linkBytes: number;
}

const thorough: Effort = {
  ...{ leastRounds: 3, mostRounds: 3, budgetMs: 0, firstCounts: true, patience: 2 },
  ...{ limitMs: 12_000, handshakes: 5, linkBytes: 2 ** 26 },
};
/** Waiting is much the same each time, and there is much of it. */
const delayed: Effort = { ...thorough, leastRounds: 2, patience: 1.5 };
const quick: Effort = { ...thorough, leastRounds: 0, mostRounds: 0, budgetMs: 0, handshakes: 1, linkBytes: 2 ** 20 };

/** What the place's network and server are like, as measured before anybody copies. */
interface Circumstances {
  readonly handshakeMs: number;
  readonly link: Link;
}

export const trees: Benchmark = {
  name: "trees",
  summary: "copies of trees of small files, up and down, against everybody who is installed, connections included",
  async run({ smoke, server, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const results: TreeResult[] = [];
    for (const comparison of comparisons(smoke).filter((one) => server === undefined || one.server === server)) {
      const effort = smoke ? quick : comparison.roundTripMs > 0 ? delayed : thorough;
      await using network = await startNetwork(comparison.roundTripMs, progress);
      const link = await measureLink(network, effort.linkBytes);
      await using place = await openTreePlace(comparison.server, comparison.size, network);
      const handshakeMs = await measureHandshake(place, effort.handshakes);
      for (const action of ["put", "get"] as const) {
        results.push(await compare(place, comparison, action, { handshakeMs, link }, effort, progress));
      }
    }
    return {
      rows: results.flatMap(({ rows, missing }) => [...rows, ...missing]),
      text: treesText(results),
      broken: [],
    };
  },
};

async function compare(
  place: TreePlace,
  { ours: allOurs, without, targets, mostOfBound }: TreeComparison,
  action: Transfer["action"],
  { handshakeMs, link }: Circumstances,
  effort: Effort,
  progress: (line: string) => void,
): Promise<TreeResult> {
  const peers = (await peersFor(place.scheme, "tree")).filter(({ name }) => !without.test(name));
  // What is written to the local disk in place is next to no faster.
  const ours = allOurs.filter(({ atomic }) => action === "put" || atomic !== false);
  const clients = [...ours.map(({ peer }) => peer), ...peers].map(
    (peer) => new TreeClient(peer, place, action, effort.limitMs),
  );
  const treeCase = caseOf(place, action, link);
  const tell = (line: string): void => progress(`${place.server}, ${place.network.roundTripMs} ms, ${action}, ${line}`);
  const { measured, failed } = await measureInRounds(clients, effort, tell);
  const [first] = measured as readonly [Measured, ...Measured[]];
  const rows = await Promise.all(
    measured.map(async (one): Promise<TreeRow> => {
      const client = clients.find(({ name }) => name === one.name) as TreeClient;
      const own = ours.find(({ peer }) => peer === client.peer);
      const { process } = client;
      return {
        ...treeCase,
        client: one.name,
        version: (await client.peer.version()) ?? "",
        ...(own === undefined ? {} : { atomic: own.atomic }),
        ms: rounded(one.ms, 1),
        lowMs: rounded(one.lowMs, 1),
        highMs: rounded(one.highMs, 1),
        rounds: one.rounds,
        ended: client.ended,
        ...(process === undefined ? {} : { processMs: rounded(process.ms, 1), cpuMs: rounded(process.cpuMs, 0) }),
        connections: client.connections,
        samewireRatio: rounded(first.ms / one.ms, 3),
        ...(own === undefined ? {} : { bound: boundOf(place, action, own.connections, handshakeMs, link) }),
      };
    }),
  );
  const missing = failed.map(({ name, reason }): MissingClient => ({ ...treeCase, client: name, missing: reason }));
  const verdicts = targets.flatMap((target) => judge(first, measured, target) ?? []);
  return { case: treeCase, rows, missing, verdicts: [...verdicts, ...boundVerdict(rows[0], mostOfBound)] };
}

function caseOf({ server, scheme, network, size }: TreePlace, action: Transfer["action"], link: Link): TreeCase {
  const mebibytes = (perMs: number): string => ((perMs * 1_000) / 2 ** 20).toFixed(0);
  const speed = `${mebibytes(link.downBytesPerMs)} MiB/s down and ${mebibytes(link.upBytesPerMs)} up on one connection`;
  const { roundTripMs } = network;
  return { server, scheme, action, roundTripMs, network: `${network.how}, ${speed}`, size };
}

function boundVerdict(row: TreeRow | undefined, most: number | undefined): TreeResult["verdicts"] {
  if (row?.bound === undefined || most === undefined) return [];
  const ratio = row.ms / row.bound.totalMs;
  return [{ most, peer: "the bound", ratio, reached: ratio <= most }];
}
