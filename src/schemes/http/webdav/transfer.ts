import { TransportError, isTransportError } from "../../../errors/transport-error.ts";
import type { Operation } from "../../../transport/operation.ts";
import type { RenameEvidence } from "../../../transport/primitives.ts";
import { isRepeated } from "../../../transport/repetition.ts";
import type { Stat } from "../../../transport/stat.ts";
import type { Location } from "../../../url/location.ts";
import { isBelow } from "../../../url/path.ts";
import { originOf } from "../http-origin.ts";
import { whyNotMoved } from "./second-look.ts";
import type { WebdavRequests } from "./webdav-requests.ts";
import { asDirectory, asFile, look, requireDirectory, statAt } from "./webdav-stat.ts";

/** What a MOVE or COPY does with what is in its way. It is always said: servers take no word for the one or the other. */
export type InTheWay = "replace" | "refuse";

/** How often a file is put in the place of another that comes and goes meanwhile. */
const maxTries = 8;

/** One MOVE or COPY. Both ends are checked by then: a server that is told to replace a directory does so, with all that is in it. */
export async function transfer(
  requests: WebdavRequests,
  method: "MOVE" | "COPY",
  from: Location,
  to: Location,
  inTheWay: InTheWay,
  operation: Operation,
): Promise<void> {
  const headers = { destination: originOf(to) + to.target, overwrite: inTheWay === "replace" ? "T" : "F" };
  const explain = whyNotMoved({ requests, operation }, from, to);
  const repeatable = isRepeated(method === "COPY" ? "copy" : "rename");
  await requests.change(from, { method, headers, to, repeatable }, operation, explain);
}

/** Moves a file into its place, where no directory may be replaced, whoever makes one meanwhile. `old` is what was there. */
export async function moveIntoPlace(
  requests: WebdavRequests,
  from: Location,
  to: Location,
  old: Stat | undefined,
  operation: Operation,
): Promise<void> {
  for (let [there, tries] = [old, 1]; ; tries++) {
    if (there?.type === "directory") throw inTheWayOfFile();
    try {
      return await transfer(requests, "MOVE", from, to, there === undefined ? "refuse" : "replace", operation);
    } catch (error) {
      if (there !== undefined || tries === maxTries || !isTransportError(error, "already-exists")) throw error;
      there = await look(requests, to, operation);
    }
  }
}

/**
 * Gives something another name. What would destroy is refused here, before anything is sent: a move onto itself or below itself, onto a directory, of a
 * directory onto a file. Not every server refuses these, and one makes whatever directory is missing.
 */
export async function rename(
  requests: WebdavRequests,
  from: Location,
  to: Location,
  operation: Operation,
  evidence: RenameEvidence = {},
): Promise<void> {
  const [source, target] = [asFile(from), asFile(to)];
  if (source.equals(target)) throw new TransportError("already-exists", "that is its name already");
  if (isBelow(source.segments, target.segments))
    throw new TransportError("invalid-path", "a directory cannot be moved into itself");
  const was = await statAt(requests, source, operation);
  const { type } = was;
  evidence.source = was;
  const old = await look(requests, target, operation);
  evidence.target = { was: old };
  if (old === undefined) await requireParent(requests, target, operation);
  if (type !== "directory") return await moveIntoPlace(requests, source, target, old, operation);
  if (old?.type === "directory") throw new TransportError("already-exists", "a directory is in the way");
  if (old !== undefined) throw new TransportError("not-a-directory", "a file is in the way of a directory");
  await transfer(requests, "MOVE", asDirectory(source), asDirectory(target), "refuse", operation);
}

/** Rejects where there is no directory for something, and says so in words that fit it. */
export async function requireParent(requests: WebdavRequests, at: Location, operation: Operation): Promise<void> {
  try {
    await requireDirectory(requests, at.parent(), operation);
  } catch (error) {
    if (!isTransportError(error, "not-found")) throw error;
    throw new TransportError("not-found", "there is no directory for it", { cause: error });
  }
}

export function inTheWayOfFile(): TransportError {
  return new TransportError("is-a-directory", "a directory is in the way");
}
