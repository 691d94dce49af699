import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import type { Operation } from "../operation.ts";
import type { Primitives } from "../primitives.ts";
import { put } from "./put.ts";

/** Copies a file: on the server where it can, else through this process. */
export async function copy(primitives: Primitives, from: Location, to: Location, operation: Operation): Promise<void> {
  if (from.equals(to)) throw new TransportError("already-exists", "source and target are the same file");
  if (primitives.capabilities.serverCopy) {
    try {
      return await primitives.copyAt(from, to, operation);
    } catch (error) {
      if (!isTransportError(error, "unsupported")) throw error;
    }
  }
  const source = await primitives.readAt(from, { offset: 0, length: undefined }, operation);
  try {
    const mode = primitives.capabilities.modes
      ? (await primitives.statAt(from, { followLinks: true }, operation)).mode
      : undefined;
    await put(primitives, to, source, { mode, atomic: primitives.capabilities.atomicReplace }, operation);
  } finally {
    source.destroy();
  }
}

/** Moves a file or directory: in one step where the server renames, else by copy and delete. A directory in the way is refused. */
export async function move(primitives: Primitives, from: Location, to: Location, operation: Operation): Promise<void> {
  await refuseDirectory(primitives, to, operation);
  if (primitives.capabilities.rename) return await primitives.renameAt(from, to, operation);
  await copy(primitives, from, to, operation);
  await primitives.deleteAt(from, operation);
}

async function refuseDirectory(primitives: Primitives, at: Location, operation: Operation): Promise<void> {
  const there = await primitives.statAt(at, { followLinks: false }, operation).catch((error: unknown) => {
    if (isTransportError(error, "not-found")) return undefined;
    throw error;
  });
  if (there?.type === "directory") throw new TransportError("is-a-directory", "a directory is in the way");
}
