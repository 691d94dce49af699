import type { Transport } from "../transport/transport.ts";
import { refuseOverlap } from "./one-wire.ts";
import { RefusedNames } from "./refused-names.ts";
import { requireFilter } from "./require-filter.ts";
import { survey } from "./survey.ts";
import { TreeCopier } from "./tree-copier.ts";
import type { TreeOptions, TreeReport } from "./tree-options.ts";

/**
 * Copies all that is below the source's base to the same paths below the target's base, which is made if it is not there; what else is in the target
 * stays. Directories are listed, files read and files written at the same time, as many as the connection is good for. What fails is in the report, and
 * the rest goes on.
 *
 * @throws TransportError what makes all of it impossible: the source is not there, nobody can log in, the disk is full, `aborted`; `invalid-path` where the
 *   target is in the source
 */
export async function copyTree(source: Transport, target: Transport, options: TreeOptions = {}): Promise<TreeReport> {
  const ends = { source, target };
  await refuseOverlap(ends, { deletes: false });
  const { filter, signal } = options;
  requireFilter(filter);
  const copier = new TreeCopier(ends, options);
  using _refused = new RefusedNames(source, (error) => copier.fail("", error));
  let begun = false;
  try {
    for await (const { entries } of survey(source, {
      signal,
      filter,
      mtimes: options.resume === true || options.preserve?.mtime === true,
      onFailure: (path, error) => copier.fail(path, error),
    })) {
      // The top is made once it is known that there is something to copy into it.
      if (!begun) copier.top();
      begun = true;
      for (const entry of entries) {
        if (entry.stat.type === "directory") copier.directory(entry.path, entry.stat);
        else copier.copy(entry);
      }
      await copier.room();
      if (copier.ended) break;
    }
    copier.meter.listed = true;
  } catch (error) {
    await copier.settled();
    throw error;
  }
  return await copier.finish();
}
