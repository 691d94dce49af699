import { isTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import type { Finding } from "../across-loss.ts";
import { acrossLoss, done, nothing, unclear } from "../across-loss.ts";
import type { Operation } from "../operation.ts";
import type { Primitives, RenameEvidence } from "../primitives.ts";
import type { RepetitionRequest } from "../repetition.ts";
import type { Stat } from "../stat.ts";
import { lookAt } from "./look-at.ts";

/** Makes a directory. Where one is there after a loss, nobody can tell who made it. */
export function makeDirectory(
  primitives: Primitives,
  at: Location,
  mode: number | undefined,
  operation: Operation,
): Promise<void> {
  return create("mkdir", primitives, at, operation, () => primitives.mkdirAt(at, { mode }, operation));
}

export function makeSymlink(primitives: Primitives, target: string, at: Location, operation: Operation): Promise<void> {
  return create("symlink", primitives, at, operation, () => primitives.symlinkAt(target, at, operation));
}

export function makeHardlink(
  primitives: Primitives,
  existing: Location,
  at: Location,
  operation: Operation,
): Promise<void> {
  return create("hardlink", primitives, at, operation, () => primitives.hardlinkAt(existing, at, operation));
}

/** Deletes a file or a link. */
export async function deleteFile(primitives: Primitives, at: Location, operation: Operation): Promise<void> {
  try {
    await remove("delete", primitives, at, operation, () => primitives.deleteAt(at, operation));
  } catch (error) {
    if (!isTransportError(error, "is-a-directory")) throw error;
    throw error.with({ hint: "rmdir deletes an empty directory, deleteTree one with all that is in it" });
  }
}

/** Deletes an empty directory. */
export function removeDirectory(primitives: Primitives, at: Location, operation: Operation): Promise<void> {
  return remove("rmdir", primitives, at, operation, () => primitives.rmdirAt(at, operation));
}

/** Renames in one step on the server. `evidence`: what is known already of both names. */
export function rename(
  primitives: Primitives,
  from: Location,
  to: Location,
  operation: Operation,
  evidence: RenameEvidence = {},
): Promise<void> {
  const send = (): Promise<void> => primitives.renameAt(from, to, operation, evidence);
  return acrossLoss("rename", operation, send, async (looking) => {
    const [source, target] = [await lookAt(primitives, from, looking), await lookAt(primitives, to, looking)];
    return whatBecameOfRename(source, target, evidence);
  });
}

/** By what is there now under both names, and what was. */
function whatBecameOfRename(source: Stat | undefined, target: Stat | undefined, was: RenameEvidence): Finding<void> {
  const isOld = was.target !== undefined && isSame(target, was.target.was);
  // Whoever makes the old name anew, as a log's writer does, makes it look as if nothing had happened: only the new name tells.
  if (source !== undefined) return target === undefined || isOld ? nothing : unclear;
  if (target === undefined || isOld) return unclear;
  // Where nobody knows that there was anything to be renamed, this may be what was there all the time.
  const isSource = was.source === "there" || (was.source !== undefined && isSame(target, was.source));
  return isSource || was.target !== undefined ? done(undefined) : unclear;
}

/** Whether two looks found the same, as far as they tell. */
function isSame(one: Stat | undefined, other: Stat | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.type === other.type &&
    one.sizeBytes === other.sizeBytes &&
    one.etag === other.etag &&
    one.mtime?.getTime() === other.mtime?.getTime()
  );
}

function create(
  request: RepetitionRequest,
  primitives: Primitives,
  at: Location,
  operation: Operation,
  send: () => Promise<void>,
): Promise<void> {
  return acrossLoss(request, operation, send, async (looking) =>
    (await lookAt(primitives, at, looking)) === undefined ? nothing : unclear,
  );
}

function remove(
  request: RepetitionRequest,
  primitives: Primitives,
  at: Location,
  operation: Operation,
  send: () => Promise<void>,
): Promise<void> {
  return acrossLoss(request, operation, send, async (looking) =>
    (await lookAt(primitives, at, looking)) === undefined ? done(undefined) : unclear,
  );
}
