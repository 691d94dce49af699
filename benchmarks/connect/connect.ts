import { hasProgram } from "../../test/servers/find-servers.ts";
import { getTransport } from "samewire";

import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import type { Network } from "../delay/network.ts";
import { startNetwork } from "../delay/start-network.ts";
import { destinationOf } from "../peers/destination-of.ts";
import type { Destination } from "../peers/transfer.ts";
import type { ServerName, Site } from "../sites/site.ts";
import { startSite, usualServers } from "../sites/sites.ts";
import { Started } from "../sites/started.ts";
import { median, rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";
import type { StatClient } from "./stat-client.ts";
import { nodeClient, openSshClient } from "./stat-client.ts";

interface ConnectRow {
  readonly server: ServerName;
  readonly client: string;
  /** What makes the delay. */
  readonly network: string;
  readonly roundTripMs: number;
  /** From the first call to the first answer: the median of several processes. */
  readonly ms: number;
  /** How many times as long it takes for each millisecond by which a round trip is longer. */
  readonly roundTrips: number;
  /** Time of samewire over this client's. */
  readonly samewireRatio: number;
  readonly rounds: number;
}

interface Effort {
  readonly roundTripMs: number;
  /** The other delay, which shows how many round trips there are. */
  readonly longRoundTripMs: number;
  readonly rounds: number;
}

const thorough: Effort = { roundTripMs: 20, longRoundTripMs: 120, rounds: 3 };
const quick: Effort = { roundTripMs: 2, longRoundTripMs: 40, rounds: 1 };

/** What is aimed at beside ssh2 as it is published; not a failure on a machine that is busy with something else. */
const target = { client: "ssh2", ratio: 0.7 };

const path = "file";

export const connect: Benchmark = {
  name: "connect",
  summary: `from nothing to the first stat at ${thorough.roundTripMs} ms: round trips and time, against ssh2, OpenSSH, basic-ftp and undici`,
  async run({ smoke, server, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const effort = smoke ? quick : thorough;
    const rows: ConnectRow[] = [];
    for (const name of server === undefined ? usualPlaces() : [server]) {
      await using site = await startSite(name);
      await putFile(site);
      rows.push(...(await measure(site, effort, progress)));
    }
    return { rows, text: connectText(rows), broken: [] };
  },
};

function usualPlaces(): readonly ServerName[] {
  return [usualServers.sftp, usualServers.ftp, ...(hasProgram("nginx") ? (["nginx"] as const) : [])];
}

async function putFile({ folders, roots, options }: Site): Promise<void> {
  const [writable] = folders ?? roots;
  await using transport = getTransport(writable, undefined, folders === undefined ? options : {});
  await transport.put(path, "samewire");
}

/** Everybody through both delays, one after another, again and again. */
async function measure(site: Site, effort: Effort, progress: (line: string) => void): Promise<readonly ConnectRow[]> {
  await using started = new Started();
  const { server } = site;
  const { protocol, port } = new URL(site.roots[0]);
  const reach = async (network: Network): Promise<Reached> => {
    const entrance = await network.entrance(Number(port), protocol === "ftp:" ? "ftp" : undefined);
    return { network: started.add(network), destination: destinationOf(site, entrance) };
  };
  const near = await reach(await startNetwork(effort.roundTripMs, progress));
  const far = await reach(await startNetwork(effort.longRoundTripMs, progress));
  const clients = clientsFor(protocol).map((client) => ({ client, near: [] as number[], far: [] as number[] }));
  for (let round = 0; round < effort.rounds; round++) {
    for (const { client, ...times } of clients) {
      progress(`${server}, round ${round + 1}, ${client.name}`);
      times.near.push(await client.ask(near.destination, path, near.network));
      times.far.push(await client.ask(far.destination, path, far.network));
    }
  }
  const [ours = Number.NaN] = clients.map((times) => median(times.near));
  return clients.map(({ client, ...times }) => {
    const [ms, farMs] = [median(times.near), median(times.far)];
    return {
      server,
      client: client.name,
      network: near.network.how,
      roundTripMs: effort.roundTripMs,
      ms: rounded(ms, 1),
      roundTrips: rounded((farMs - ms) / (effort.longRoundTripMs - effort.roundTripMs), 1),
      samewireRatio: rounded(ours / ms, 2),
      rounds: effort.rounds,
    };
  });
}

interface Reached {
  readonly network: Network;
  readonly destination: Destination;
}

/** samewire first. */
function clientsFor(protocol: string): readonly StatClient[] {
  const ours = nodeClient("samewire");
  if (protocol === "sftp:") return [ours, nodeClient("ssh2"), ...(hasProgram("openssh-client") ? [openSshClient] : [])];
  return [ours, nodeClient(protocol === "ftp:" ? "basic-ftp" : "undici")];
}

function connectText(rows: readonly ConnectRow[]): string {
  const columns = [left("server"), left("client"), right("round trips"), right("ms"), right("samewire ÷ it"), left("")];
  const cells = rows.map((row) => [
    row.server,
    row.client,
    row.roundTrips.toFixed(1),
    row.ms.toFixed(1),
    row.client === "samewire" ? "" : row.samewireRatio.toFixed(2),
    row.client !== target.client
      ? ""
      : `aim ${target.ratio}: ${row.samewireRatio <= target.ratio ? "reached" : "not reached"}`,
  ]);
  const [{ network, roundTripMs, rounds } = { network: "", roundTripMs: 0, rounds: 0 }] = rows;
  return [
    table(columns, cells),
    `  ${roundTripMs} ms of round trip by ${network}; medians of ${rounds} processes each, which had loaded their packages. Round trips: how many`,
    "  times as long it takes for each millisecond by which a round trip is longer. OpenSSH is a whole process, and its end is in it.",
  ].join("\n");
}
