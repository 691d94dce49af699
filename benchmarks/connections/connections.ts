import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import type { ServerName } from "../sites/site.ts";
import { startSite, usualServers, webServers } from "../sites/sites.ts";
import { left, right, table } from "../table.ts";
import { chains } from "./chains.ts";
import type { ChainRow } from "./measure-chain.ts";
import { measureChain } from "./measure-chain.ts";
import { byHand, list, naive, scope } from "./modes.ts";

const ownModes = [naive, list, scope];

export const connections: Benchmark = {
  name: "connections",
  summary: "connections that servers accept for the RFC's chains: naive, with a list, in a scope, and by hand",
  async run({ smoke, server, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const servers: readonly ServerName[] =
      server === undefined ? [usualServers.sftp, "memory", usualServers.ftp, ...(smoke ? [] : webServers)] : [server];
    const rows: ChainRow[] = [];
    for (const name of servers) {
      await using site = await startSite(name);
      const all = site.peer === undefined ? ownModes : [...ownModes, byHand(site.peer)];
      // What is promised is tried everywhere; who logs in again and again takes its time, and is shown once.
      const modes = smoke && name !== servers[0] ? all.filter(({ shares }) => shares) : all;
      const atOnce = Math.min(smoke ? 10 : 100, site.mostAtOnce ?? Infinity);
      for (const chain of chains({ atOnce })) {
        if (site.folders !== undefined && chain.onlyReads !== true) continue;
        progress(`${name}, ${chain.name}: ${chain.summary}`);
        rows.push(...(await measureChain(site, chain, modes, smoke ? 1 : 2)));
      }
    }
    return { rows, text: connectionsText(rows), broken: brokenRows(rows) };
  },
};

function connectionsText(rows: readonly ChainRow[]): string {
  const columns = [
    left("chain"),
    left("mode"),
    left("server"),
    right("connections"),
    right("lower bound"),
    right("wall ms"),
  ];
  const cells = rows.map((row) => [
    row.chain,
    row.mode,
    row.server,
    String(row.connections),
    String(row.lowerBound),
    row.wallMs.toFixed(1),
  ]);
  return table(columns, cells);
}

/** The rows of modes that promise to share in which there were not just as many connections as the locations need. */
export function brokenRows(rows: readonly ChainRow[]): readonly string[] {
  const sharing = ownModes.filter(({ shares }) => shares).map(({ name }) => name);
  return rows
    .filter((row) => sharing.includes(row.mode) && row.connections !== row.lowerBound)
    .map(
      ({ chain, mode, server, connections: opened, lowerBound }) =>
        `${chain}, ${mode}, ${server}: ${opened} connections where ${lowerBound} are needed`,
    );
}
