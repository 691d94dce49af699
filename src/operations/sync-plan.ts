import type { Transport } from "../transport/transport.ts";
import { refuseOverlap } from "./one-wire.ts";
import { requireFilter } from "./require-filter.ts";
import type { SyncAction, SyncOptions, SyncPlan } from "./sync-actions.ts";
import { SyncPlanner } from "./sync-planner.ts";
import { SyncSide } from "./sync-side.ts";

/**
 * What would make the target's base hold what the source's does: nothing is changed, each directory is listed once on each side, and beyond that only what no
 * listing tells is asked for (the text of links; the times of files, where a listing has none; digests, where content is compared).
 * Where something of the source could not be looked at, nothing is deleted.
 *
 * @throws TransportError what makes all of it impossible: the source is not there, the target is a file, nobody can log in, `aborted`; `invalid-path`
 *   where the target is in the source, or, with `delete`, the source in the target
 */
export async function planSync(source: Transport, target: Transport, options: SyncOptions = {}): Promise<SyncPlan> {
  await refuseOverlap({ source, target }, { deletes: options.delete === true });
  requireFilter(options.filter);
  const { signal, compare = "size-and-mtime" } = options;
  const how = { signal, mtimes: compare === "size-and-mtime" };
  using ours = new SyncSide(source, how);
  using theirs = new SyncSide(target, how);
  return (await new SyncPlanner(ours, theirs, options).run()).finish();
}

/** How much there is to do. */
export interface PlanTotals {
  readonly files: number;
  readonly bytes: number;
  readonly links: number;
  readonly directories: number;
  readonly deleted: number;
}

export function totalsOf({ actions }: SyncPlan): PlanTotals {
  const totals = { files: 0, bytes: 0, links: 0, directories: 0, deleted: 0 };
  for (const action of actions) count(totals, action);
  return totals;
}

function count(totals: { -readonly [Name in keyof PlanTotals]: number }, action: SyncAction): void {
  if (action.action === "copy") {
    totals.files++;
    totals.bytes += action.sizeBytes;
  } else if (action.action === "link") totals.links++;
  else if (action.action === "mkdir") totals.directories++;
  else if (action.action === "delete") totals.deleted++;
}
