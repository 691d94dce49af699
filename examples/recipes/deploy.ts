import type { TransportOptions, TreeReport } from "samewire";
import { TransportScope, applySync, formatPlan, globs, planSync } from "samewire";

export interface Deployment {
  /** A line for each thing that is done, or would be. */
  readonly plan: string;
  /** What was done; undefined for a dry run. */
  readonly report?: TreeReport;
}

/**
 * Makes what is at a URL the same as a local folder: every file is the old one or the new one, what is gone is deleted, and two who deploy at the same time
 * take turns.
 */
export async function deploy(
  folder: string,
  url: string,
  { dryRun = false, ...options }: TransportOptions & { readonly dryRun?: boolean } = {},
): Promise<Deployment> {
  await using scope = new TransportScope();
  const site = scope.getTransport(folder);
  const server = scope.getTransport(url, options);
  const how = { delete: true, filter: globs({ exclude: [".git/", "*.tmp"] }) };

  if (dryRun) return { plan: formatPlan(await planSync(site, server, how)) };

  await server.createPrefix();
  // The lock lies beside the directory, so that the sync does not find it in there.
  await using _turn = await server.lock("", { waitMs: 60_000 });
  const plan = await planSync(site, server, how);
  const report = await applySync(plan, site, server, how);
  for (const { path, error } of report.failures) console.error(`${path}: ${error.message}`);
  return { plan: formatPlan(plan), report };
}
