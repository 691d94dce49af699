import { TransportScope } from "samewire";

import type { ServerName, Site } from "../sites/site.ts";
import { median, rounded } from "../statistics.ts";
import type { Chain, Place } from "./chain.ts";
import { lowerBound } from "./lower-bound.ts";
import type { Mode } from "./modes.ts";

/** A chain as it ran in one mode. */
export interface ChainRow {
  readonly chain: string;
  readonly mode: string;
  readonly server: ServerName;
  /** Connections that the servers accepted; of several rounds the most in any. */
  readonly connections: number;
  /** How many the chain's locations need. */
  readonly lowerBound: number;
  /** From the first call until all that was opened is closed; of several rounds the median. */
  readonly wallMs: number;
}

/**
 * Runs a chain in each mode in turn, each time in directories of its own: for as many rounds as asked for where a mode promises something, and once where
 * each step logs in for itself. Rejects where two modes do not come to the
 * same result.
 */
export async function measureChain(
  site: Site,
  chain: Chain,
  modes: readonly Mode[],
  rounds: number,
): Promise<readonly ChainRow[]> {
  const counts = modes.map((): number[] => []);
  const times = modes.map((): number[] => []);
  const results = new Set<string>();
  let bound = 0;
  for (let round = 0; round < rounds; round++) {
    for (const [at, mode] of modes.entries()) {
      if (round > 0 && !mode.shares) continue;
      const place = await prepare(site, chain, `${chain.name} ${mode.name} ${round}`);
      bound = lowerBound(chain.locations(place));
      const before = await site.accepted();
      const startedAt = performance.now();
      results.add(await mode.run(chain, place));
      times[at]?.push(performance.now() - startedAt);
      counts[at]?.push((await site.accepted()) - before);
    }
  }
  if (results.size > 1) throw new Error(`${chain.name} came to different results: ${[...results].join(" | ")}`);
  return modes.map(({ name }, at) => ({
    chain: chain.name,
    mode: name,
    server: site.server,
    connections: Math.max(...(counts[at] ?? [])),
    lowerBound: bound,
    wallMs: rounded(median(times[at] ?? []), 1),
  }));
}

/** Puts on the servers what the chain must find; the connections for that are closed again. */
async function prepare({ roots, folders = roots, options }: Site, chain: Chain, name: string): Promise<Place> {
  const directory = name.replaceAll(" ", "-");
  const writable = (url: string): string =>
    roots.reduce((found, root, at) => (url.startsWith(root) ? url.replace(root, folders[at] ?? root) : found), url);
  const [first, second] = roots;
  const place: Place = { roots: [`${first}${directory}/`, `${second}${directory}/`], options, writable };
  await using scope = new TransportScope();
  for (const root of place.roots) await scope.getTransport(writable(root), options).ensureBase();
  await chain.prepare(place, scope);
  return place;
}
