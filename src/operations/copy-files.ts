import { TransportError, toTransportError } from "../errors/transport-error.ts";
import { inParallel } from "../transport/in-parallel.ts";
import type { Transport } from "../transport/transport.ts";
import { TreeCopier } from "./tree-copier.ts";
import type { TreeOptions, TreeReport } from "./tree-options.ts";
import type { WalkedEntry } from "./walk.ts";

/** Looks under way at a time. */
const mostLooks = 64;

/**
 * Copies files and links to the same paths below the target's base; directories that are missing there are made. What `walk` gave is not looked at again.
 * A directory among the paths is a failure: that is for `copyTree`.
 */
export async function copyFiles(
  source: Transport,
  paths: Iterable<string | WalkedEntry>,
  target: Transport,
  options: Omit<TreeOptions, "filter"> = {},
): Promise<TreeReport> {
  const { signal } = options;
  const copier = new TreeCopier({ source, target }, options);
  await inParallel(mostLooks, paths, async (asked) => {
    if (copier.ended) return;
    await copier.room();
    try {
      const entry = typeof asked === "string" ? await look(source, asked, signal) : asked;
      if (entry.stat.type === "directory") throw isDirectory(source.abspath(entry.path));
      copier.copy(entry);
    } catch (error) {
      copier.fail(typeof asked === "string" ? asked : asked.path, toTransportError(error));
    }
  });
  copier.meter.listed = true;
  return await copier.finish();
}

async function look(source: Transport, path: string, signal: AbortSignal | undefined): Promise<WalkedEntry> {
  // As it will be written, too: without `.` and `..`, and below the base.
  const inside = source.relpath(source.abspath(path));
  return { name: inside.slice(inside.lastIndexOf("/") + 1), path: inside, stat: await source.stat(inside, { signal }) };
}

function isDirectory(url: string): TransportError {
  return new TransportError("is-a-directory", "this is a directory", {
    operation: "copy",
    url,
    hint: "Copy directories with copyTree",
  });
}
