import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import type { Operation } from "../operation.ts";
import type { Primitives } from "../primitives.ts";
import { tempName } from "../temp-name.ts";
import type { ByteSource } from "../verb-options.ts";
import { deleteFile } from "./changes.ts";
import { renameIntoPlace } from "./into-place.ts";
import { lookAt } from "./look-at.ts";
import { put } from "./put.ts";
import { spool } from "./spool.ts";

/** Copies a file: on the server where it can, else through this process. */
export async function copy(primitives: Primitives, from: Location, to: Location, operation: Operation): Promise<void> {
  if (from.equals(to)) throw new TransportError("already-exists", "source and target are the same file");
  const { capabilities } = primitives;
  if (capabilities.serverCopy) {
    try {
      return await primitives.copyAt(from, to, operation);
    } catch (error) {
      if (!isTransportError(error, "unsupported")) throw error;
    }
  }
  const source = await primitives.readAt(from, { offset: 0, length: undefined }, operation);
  try {
    // Where the source holds the wire that the target needs, it is read to its end first.
    await using spooled = capabilities.concurrent ? undefined : await spool(source);
    const mode = await modeOf(primitives, from, operation);
    await replaceWith(primitives, to, spooled?.content ?? source, mode, operation);
  } finally {
    source.destroy();
  }
}

/** The permission bits of a file, as far as they can be given to its copy. */
async function modeOf(primitives: Primitives, from: Location, operation: Operation): Promise<number | undefined> {
  const { modes, specialModes } = primitives.capabilities;
  if (!modes) return undefined;
  const { mode } = await primitives.statAt(from, { followLinks: true }, operation);
  return specialModes || mode === undefined ? mode : mode & 0o777;
}

async function replaceWith(
  primitives: Primitives,
  to: Location,
  content: ByteSource,
  mode: number | undefined,
  operation: Operation,
): Promise<void> {
  const { atomicReplace, rename } = primitives.capabilities;
  if (rename && !atomicReplace) await replaceInSteps(primitives, to, content, mode, operation);
  else await put(primitives, to, content, { mode, atomic: atomicReplace }, operation);
}

/**
 * Where a file cannot be replaced by a rename: written beside it, which is then deleted. In place would do, were it not for a source that is
 * the target by another name, through a link, and would be empty before it is read.
 */
async function replaceInSteps(
  primitives: Primitives,
  to: Location,
  source: ByteSource,
  mode: number | undefined,
  operation: Operation,
): Promise<void> {
  const old = await lookAt(primitives, to, operation);
  if (old?.type === "directory") throw new TransportError("is-a-directory", "a directory is in the way");
  const temporary = to.parent().resolve(tempName());
  try {
    const request = { how: "create", mode, mtime: undefined, fsync: false } as const;
    const { bytesWritten } = await primitives.writeAt(temporary, source, request, operation);
    if (old !== undefined) await deleteFile(primitives, to, operation);
    await renameIntoPlace(primitives, { temporary, at: to, sizeBytes: bytesWritten }, operation);
  } catch (error) {
    await primitives.discardTemporary(temporary);
    throw error;
  }
}
