import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import type { Operation } from "../operation.ts";
import type { Primitives, RenameEvidence } from "../primitives.ts";
import { deleteFile, rename } from "./changes.ts";
import { copy } from "./copy.ts";
import { lookAt } from "./look-at.ts";

/** Moves a file or directory: in one step where the server renames, else by copy and delete. Replaces a file; a directory in the way is refused. */
export async function move(primitives: Primitives, from: Location, to: Location, operation: Operation): Promise<void> {
  const { capabilities } = primitives;
  const old = await lookAt(primitives, to, operation);
  const evidence: RenameEvidence = { target: { was: old } };
  if (old?.type === "directory") throw new TransportError("is-a-directory", "a directory is in the way");
  if (!capabilities.rename) return await copyAndDelete(primitives, from, to, operation);
  if (old !== undefined && !capabilities.atomicReplace) {
    await makeWay(primitives, from, to, operation);
    evidence.target = { was: undefined };
  }
  try {
    await rename(primitives, from, to, operation, evidence);
  } catch (error) {
    // Some servers, and every system with several disks, cannot rename from anywhere to anywhere.
    if (!isTransportError(error, "unsupported")) throw error;
    if ((await primitives.statAt(from, { followLinks: false }, operation)).type !== "file") throw error;
    await copyAndDelete(primitives, from, to, operation);
  }
}

async function copyAndDelete(
  primitives: Primitives,
  from: Location,
  to: Location,
  operation: Operation,
): Promise<void> {
  await copy(primitives, from, to, operation);
  await deleteFile(primitives, from, operation);
}

/** Deletes what a rename would refuse to replace, once it is certain that there is something to put in its place. */
async function makeWay(primitives: Primitives, from: Location, to: Location, operation: Operation): Promise<void> {
  const source = await primitives.statAt(from, { followLinks: false }, operation);
  if (source.type === "directory") throw new TransportError("not-a-directory", "a file is in the way of a directory");
  if (from.equals(to)) throw new TransportError("already-exists", "source and target are the same file");
  await deleteFile(primitives, to, operation);
}
