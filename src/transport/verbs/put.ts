import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import type { Operation } from "../operation.ts";
import { isMissing } from "../operation.ts";
import type { Primitives } from "../primitives.ts";
import type { Stat } from "../stat.ts";
import { tempName } from "../temp-name.ts";
import type { ByteSource, PutOptions } from "../verb-options.ts";
import { makeAncestors } from "./make-directories.ts";

/** Writes a file; a missing parent is made, where that is asked for, before the source is touched. */
export async function put(
  primitives: Primitives,
  at: Location,
  source: ByteSource,
  options: PutOptions,
  operation: Operation,
): Promise<number> {
  try {
    return await putOnce(primitives, at, source, options, operation);
  } catch (error) {
    if (options.createParents !== true || !isMissing(error)) throw error;
    await makeAncestors(primitives, at, undefined, operation);
    return await putOnce(primitives, at, source, options, operation);
  }
}

async function putOnce(
  primitives: Primitives,
  at: Location,
  source: ByteSource,
  options: PutOptions,
  operation: Operation,
): Promise<number> {
  const { mode, mtime, fsync = false, atomic = true } = options;
  const request = { mode, mtime, fsync };
  if (!atomic) return (await primitives.writeAt(at, source, { ...request, how: "replace" }, operation)).bytesWritten;
  if (primitives.putAt !== undefined) return await primitives.putAt(at, { ...request, source }, operation);
  requireAtomicReplace(primitives);
  const old = await lookAt(primitives, at, operation);
  if (old?.type === "directory") throw new TransportError("is-a-directory", "a directory is in the way");
  const temporary = at.parent().resolve(tempName());
  try {
    const kept = mode ?? keptMode(old);
    const { bytesWritten } = await primitives.writeAt(
      temporary,
      source,
      { ...request, mode: kept, how: "create" },
      operation,
    );
    await primitives.renameAt(temporary, at, operation);
    return bytesWritten;
  } catch (error) {
    await primitives.discardTemporary(temporary);
    throw error;
  }
}

/** Refuses where a file cannot be replaced by a rename, and names the way out. */
export function requireAtomicReplace({ capabilities }: Primitives): void {
  if (capabilities.atomicReplace) return;
  throw new TransportError("unsupported", "this server cannot replace a file atomically", {
    hint: "Pass { atomic: false } to write in place",
  });
}

/** The permission bits that replacing a file keeps; those of a link mean nothing. */
function keptMode(old: Stat | undefined): number | undefined {
  return old?.type === "file" ? old.mode : undefined;
}

async function lookAt(primitives: Primitives, at: Location, operation: Operation): Promise<Stat | undefined> {
  try {
    return await primitives.statAt(at, { followLinks: false }, operation);
  } catch (error) {
    if (isTransportError(error, "not-found")) return undefined;
    throw error;
  }
}
