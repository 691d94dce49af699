import { TransportError, isTransportError } from "../errors/transport-error.ts";
import { inParallel } from "../transport/in-parallel.ts";
import type { Transport } from "../transport/transport.ts";
import { walk } from "./walk.ts";

/** Deletions at a time: as many as there are requests in flight to a server that takes many. */
const atOnce = 16;

/**
 * Deletes the files and links of a directory that were moved elsewhere, and every directory that is empty by then. What came into it meanwhile stays.
 *
 * @throws TransportError `directory-not-empty` where something stays
 */
export async function deleteMoved(
  source: Transport,
  moved: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const files: string[] = [];
  const directories: string[][] = [[""]];
  for await (const { path, stat } of walk(source, "", { directories: true, signal })) {
    if (moved.has(path)) files.push(path);
    if (stat.type === "directory") (directories[path.split("/").length] ??= []).push(path);
  }
  await inParallel(atOnce, files, (path) => source.delete(path, { signal }).catch(unlessGone));
  let left: unknown;
  for (const paths of directories.toReversed()) {
    await inParallel(atOnce, paths, async (path) => {
      await source.rmdir(path, { signal }).catch((error: unknown) => {
        if (isTransportError(error, "directory-not-empty")) left = error;
        else unlessGone(error);
      });
    });
  }
  if (left === undefined) return;
  throw new TransportError("directory-not-empty", "something came into it while it was moved, and was left there", {
    operation: "move",
    url: source.location.redactedUrl,
    effect: "done",
    hint: "What was there before has been moved; move the rest as well",
    cause: left,
  });
}

function unlessGone(error: unknown): void {
  if (!isTransportError(error, "not-found")) throw error;
}
