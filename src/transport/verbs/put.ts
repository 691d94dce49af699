import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import { repeatedAcrossLoss } from "../across-loss.ts";
import { lendFor } from "../lent-chunks.ts";
import type { Operation } from "../operation.ts";
import { isMissing } from "../operation.ts";
import type { AtomicPut, Primitives } from "../primitives.ts";
import { putRequest } from "../repetition.ts";
import type { Stat } from "../stat.ts";
import { tempName } from "../temp-name.ts";
import type { ByteSource, PutOptions } from "../verb-options.ts";
import { renameIntoPlace } from "./into-place.ts";
import { lookAt } from "./look-at.ts";
import { makeAncestors } from "./make-directories.ts";

/** Writes a file; a missing parent is made, where that is asked for, before the source is touched. */
export async function put(
  primitives: Primitives,
  at: Location,
  source: ByteSource,
  options: PutOptions,
  operation: Operation,
): Promise<number> {
  if (options.createParents !== true) {
    try {
      return await putOnce(primitives, at, source, options, operation);
    } catch (error) {
      // What has an operation already is a failure of the source.
      if (!isTransportError(error, "not-found") || error.operation !== undefined) throw error;
      throw error.with({ hint: "Make missing directories with createParents: true" });
    }
  }
  const tracked = trackTouch(source);
  try {
    return await putOnce(primitives, at, tracked.source, options, operation);
  } catch (error) {
    // An iterable gives its bytes once: what has begun to read it cannot begin again.
    if (!isMissing(error) || tracked.touched) throw error;
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
  const { mode, mtime, fsync = false, atomic = true, isNew = false } = options;
  const request = { mode, mtime, fsync };
  if (!atomic) return (await primitives.writeAt(at, source, { ...request, how: "replace" }, operation)).bytesWritten;
  const put = { ...request, source, isNew };
  if (primitives.putAt !== undefined) return await primitives.putAt(at, put, operation);
  return await repeatedAcrossLoss(putRequest(source), operation, () => putBeside(primitives, at, put, operation));
}

/** Under another name first, and then renamed. */
async function putBeside(
  primitives: Primitives,
  at: Location,
  { source, isNew, ...request }: AtomicPut,
  operation: Operation,
): Promise<number> {
  requireAtomicReplace(primitives);
  const old = isNew ? undefined : await lookAt(primitives, at, operation);
  if (old?.type === "directory") throw new TransportError("is-a-directory", "a directory is in the way");
  const temporary = at.parent().resolve(tempName());
  try {
    const kept = request.mode ?? keptMode(old, primitives);
    const { bytesWritten } = await primitives.writeAt(
      temporary,
      source,
      { ...request, mode: kept, how: "create" },
      operation,
    );
    await renameIntoPlace(primitives, { temporary, at, sizeBytes: bytesWritten }, operation);
    return bytesWritten;
  } catch (error) {
    await primitives.discardTemporary(temporary);
    throw error;
  }
}

/** A source of which is known whether anybody has begun to read it; bytes and text can be read again. */
function trackTouch(source: ByteSource): { readonly source: ByteSource; readonly touched: boolean } {
  if (typeof source === "string" || source instanceof Uint8Array) return { source, touched: false };
  const tracked = {
    touched: false,
    source: {
      [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
        tracked.touched = true;
        return source[Symbol.asyncIterator]();
      },
    },
  };
  lendFor(tracked.source, source, { begins: () => (tracked.touched = true) });
  return tracked;
}

/** Refuses where a file cannot be replaced by a rename, and names the way out. */
export function requireAtomicReplace({ capabilities }: Pick<Primitives, "capabilities">): void {
  if (capabilities.atomicReplace) return;
  throw new TransportError("unsupported", "this server cannot replace a file atomically", {
    hint: "Pass { atomic: false } to write in place",
  });
}

/** The permission bits that replacing a file keeps, as far as the server can set them; those of a link mean nothing. */
export function keptMode(
  old: Stat | undefined,
  { capabilities }: Pick<Primitives, "capabilities">,
): number | undefined {
  if (old?.type !== "file" || old.mode === undefined || !capabilities.modes) return undefined;
  return capabilities.specialModes ? old.mode : old.mode & 0o777;
}
