import { rm } from "node:fs/promises";
import { join } from "node:path";

import { hasProgram } from "../../test/servers/find-servers.ts";
import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import type { Network } from "../delay/network.ts";
import { startNetwork } from "../delay/start-network.ts";
import { peersFor } from "../peers/peers.ts";
import { runCommands } from "../peers/run-commands.ts";
import type { Contender, RoundsEffort } from "../rounds.ts";
import { measureInRounds } from "../rounds.ts";
import type { BulkFiles } from "./bulk-file.ts";
import { makeBulkFiles, nameOf } from "./bulk-file.ts";
import type { BulkPeer } from "./bulk-peers.ts";
import { alikeAtDelay, bulkPeers } from "./bulk-peers.ts";
import type { BulkPlace, BulkScheme, BulkServer } from "./bulk-places.ts";
import { bulkServers } from "./bulk-places.ts";
import type { ThroughputRow } from "./throughput-rows.ts";
import { throughputRows, throughputText } from "./throughput-rows.ts";

interface Effort {
  readonly bytes: number;
  readonly rounds: RoundsEffort;
}

const MiB = 2 ** 20;
const thorough: Effort = {
  bytes: 256 * MiB,
  rounds: { leastRounds: 3, mostRounds: 3, budgetMs: 0, firstCounts: true },
};
/** Waiting is much the same each time, and there is much of it. */
const delayed: Effort = { ...thorough, rounds: { ...thorough.rounds, leastRounds: 2, patience: 1.5 } };
const quick: Effort = { bytes: MiB, rounds: { leastRounds: 0, mostRounds: 0, budgetMs: 0 } };

const roundTripsMs = [0, 20];

export const throughput: Benchmark = {
  name: "throughput",
  summary: `get and put of a file of ${thorough.bytes / MiB} MiB over SFTP, FTP, HTTP and WebDAV, connection included, beside everybody who is installed`,
  async run({ smoke, server: only, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const effort = smoke ? quick : thorough;
    const chosen = bulkServers.filter(({ server }) => only === undefined || server === only);
    if (chosen.length === 0) throw new RangeError(`large files are not measured on ${only} servers`);
    const shares = bulkPeers.flatMap((peer) => [
      1,
      ...Object.values(peer.shares ?? {}).filter((share) => share !== undefined),
    ]);
    await using files = await makeBulkFiles(new Set(shares.map((share) => share * effort.bytes)));
    const rows: ThroughputRow[] = [];
    const missing: string[] = [];
    for (const server of chosen) {
      if (!hasProgram(server.program)) {
        missing.push(`${server.name} is not installed`);
        continue;
      }
      for (const roundTripMs of smoke ? [0] : (server.roundTripsMs ?? roundTripsMs)) {
        await using network = await startNetwork(roundTripMs, progress);
        const pace = effort === thorough && roundTripMs > 0 ? delayed : effort;
        const measured = await measureServer(server, network, files, pace, progress);
        rows.push(...measured.rows);
        missing.push(...measured.missing);
      }
    }
    return { rows, text: throughputText(rows, missing), broken: [] };
  },
};

interface ServerResult {
  readonly rows: readonly ThroughputRow[];
  readonly missing: readonly string[];
}

async function measureServer(
  server: BulkServer,
  network: Network,
  files: BulkFiles,
  effort: Effort,
  progress: (line: string) => void,
): Promise<ServerResult> {
  await using place = await server.start(network);
  await files.copyTo(place.folder);
  const rows: ThroughputRow[] = [];
  const missing: string[] = [];
  const { name, scheme, actions } = server;
  const { roundTripMs } = network;
  for (const action of actions) {
    const kind = `${scheme} ${action} ${roundTripMs}`;
    const copies = (await peersOf(scheme, action, roundTripMs)).map(
      (peer) => new Copy(peer, action, (peer.shares?.[kind] ?? 1) * effort.bytes, { place, network, files }),
    );
    const told = (line: string): void => progress(`${kind} ms, ${line}`);
    const { measured, failed } = await measureInRounds(copies, effort.rounds, told);
    const bytesOf = new Map(copies.map((copy) => [copy.name, copy.bytes]));
    const sized = measured.map((one) => ({ ...one, bytes: bytesOf.get(one.name) ?? 0 }));
    rows.push(...throughputRows({ server: name, scheme, action, roundTripMs }, sized));
    missing.push(...failed.map((one) => `${one.name}, ${kind}: ${one.reason.split("\n")[0]}`));
  }
  return { rows, missing };
}

/** Those who are installed and can do it. */
async function peersOf(scheme: BulkScheme, action: "get" | "put", roundTripMs: number): Promise<readonly BulkPeer[]> {
  const suited = bulkPeers.filter(
    ({ peer, schemes = [scheme], actions = [action] }) =>
      schemes.includes(scheme) && actions.includes(action) && !(roundTripMs > 0 && alikeAtDelay.test(peer.name)),
  );
  const able = await peersFor(
    scheme === "http" ? "dav" : scheme,
    "file",
    suited.map(({ peer }) => peer),
  );
  return suited.filter(({ peer }) => able.includes(peer));
}

interface Surroundings {
  readonly place: BulkPlace;
  readonly network: Network;
  readonly files: BulkFiles;
}

/** One program that copies the file, each time to a new name, which is gone again once its content was checked. */
class Copy implements Contender {
  readonly name: string;
  readonly bytes: number;
  readonly #peer: BulkPeer;
  readonly #action: "get" | "put";
  readonly #surroundings: Surroundings;
  #count = 0;

  constructor(peer: BulkPeer, action: "get" | "put", bytes: number, surroundings: Surroundings) {
    this.name = peer.peer.name;
    this.bytes = bytes;
    this.#peer = peer;
    this.#action = action;
    this.#surroundings = surroundings;
  }

  async run(): Promise<number> {
    const { place, network, files } = this.#surroundings;
    const { peer } = this.#peer;
    const made = `copy-${++this.#count}`;
    const put = this.#action === "put";
    const local = put ? files.path(this.bytes) : join(files.folder, made);
    const remote = put ? made : nameOf(this.bytes);
    const commands = await peer.commands({ action: this.#action, what: "file", local, remote }, place.destination);
    const { ms, output } = await runCommands(commands, network.wrap);
    const copy = put ? join(place.folder, made) : local;
    await files.check(copy, this.bytes);
    await rm(copy);
    return peer.measuresItself === true ? (JSON.parse(output) as { readonly ms: number }).ms : ms;
  }
}
