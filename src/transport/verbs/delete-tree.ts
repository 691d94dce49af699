import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import { inParallel } from "../in-parallel.ts";
import type { Operation } from "../operation.ts";
import type { Primitives, RawEntry } from "../primitives.ts";
import { isSafeName } from "./list.ts";

/** Requests in flight while a tree is deleted: enough to hide a round trip, few enough for any server. */
const inFlight = 64;

/** Deletes a file, a link, or a directory with all that is in it. A link is deleted and not followed; what vanishes meanwhile is no failure. */
export async function deleteTree(primitives: Primitives, at: Location, operation: Operation): Promise<void> {
  if (primitives.deleteTreeAt !== undefined) return await primitives.deleteTreeAt(at, operation);
  const { type } = await primitives.statAt(at, { followLinks: false }, operation);
  if (type !== "directory") return await primitives.deleteAt(at, operation);
  const progress = { deleted: 0 };
  try {
    await emptyDirectory(primitives, at, progress, operation);
    await primitives.rmdirAt(at, operation);
  } catch (error) {
    // What is gone by then is gone.
    throw progress.deleted > 0 && isTransportError(error) ? error.with({ effect: "unknown" }) : error;
  }
}

interface Progress {
  deleted: number;
}

async function emptyDirectory(
  primitives: Primitives,
  at: Location,
  progress: Progress,
  operation: Operation,
): Promise<void> {
  const entries: RawEntry[] = [];
  for await (const batch of primitives.listAt(at, operation)) {
    for (const entry of batch) if (entry.name !== "." && entry.name !== "..") entries.push(entry);
  }
  const unsafe = entries.find(({ name }) => !isSafeName(name));
  if (unsafe !== undefined) {
    throw new TransportError(
      "protocol-error",
      `the server lists a name that is no name: ${JSON.stringify(unsafe.name)}`,
      { effect: "unknown" },
    );
  }
  await inParallel(inFlight, entries, ({ name, stat }) =>
    deleteEntry(primitives, at.resolve(`./${name}`), stat?.type, progress, operation),
  );
}

async function deleteEntry(
  primitives: Primitives,
  at: Location,
  known: string | undefined,
  progress: Progress,
  operation: Operation,
): Promise<void> {
  try {
    const type = known ?? (await primitives.statAt(at, { followLinks: false }, operation)).type;
    if (type === "directory") {
      await emptyDirectory(primitives, at, progress, operation);
      await primitives.rmdirAt(at, operation);
    } else {
      await primitives.deleteAt(at, operation);
    }
    progress.deleted++;
  } catch (error) {
    if (!isTransportError(error, "not-found")) throw error;
  }
}
