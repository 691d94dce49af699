import { isTransportError } from "../../errors/transport-error.ts";
import type { FileTree } from "../../schemes/memory/file-tree.ts";
import { makeDirectories } from "./make-directories.ts";
import { lockedBelow, requireMembership, requireUnlocked } from "../../gateway/webdav/lock-conditions.ts";
import { remove } from "./webdav-collections.ts";
import { requirePreconditions } from "./webdav-conditions.ts";
import type { Finding } from "./webdav-place.ts";
import { hrefOf, isBelow, memberOf, parentOf } from "../../gateway/webdav/paths.ts";
import { findIn, isWritable } from "./webdav-place.ts";
import type { MemberFailure, WebdavReply } from "../../gateway/webdav/reply.ts";
import { partly, refusal } from "../../gateway/webdav/reply.ts";
import type { WebdavMethod, WebdavRequest } from "./webdav-request.ts";

interface Transfer {
  readonly verb: "MOVE" | "COPY";
  readonly from: string;
  readonly to: string;
  readonly directory: boolean;
  /** What is where it leads. */
  readonly target: Finding;
}

/** RFC 4918, 9.9. */
export const move: WebdavMethod = (request) => {
  const { site } = request;
  const transfer = prepare(request, "MOVE");
  const { from, to, directory, target } = transfer;
  if (directory && request.depth("infinity") !== "infinity") throw refusal(400);
  requireMembership(request, from);
  const locked = lockedBelow(request, from);
  if (locked.length > 0) return partly(locked);
  if (!isWritable(site.tree, parentOf(from))) throw refusal(403);
  // A file takes the place of a file in one step.
  const left = directory || target.kind === "directory" ? makeWay(request, transfer) : [];
  if (left.length > 0) return partly(left);
  site.tree.rename(from, to, { replace: true });
  site.locks.dropAt(from);
  return { status: replaced(target) ? 204 : 201 };
};

/** RFC 4918, 9.8. */
export const copy: WebdavMethod = (request) => {
  const { site } = request;
  const transfer = prepare(request, "COPY");
  const depth = request.depth("infinity");
  if (transfer.directory && depth === "1") throw refusal(400);
  const left = makeWay(request, transfer);
  if (left.length > 0) return partly(left);
  return copied(transfer, copyAll(site.tree, transfer.from, transfer.to, depth === "infinity"));
};

function prepare(request: WebdavRequest, verb: "MOVE" | "COPY"): Transfer {
  const { site, place } = request;
  const source = request.find(place);
  const header = request.header("destination");
  if (header === undefined || (site.behaviour.wholeDestinations && header.startsWith("/"))) throw refusal(400);
  const destination = request.target(header);
  if (!("stat" in source)) throw request.refusal(`${verb} missing`);
  requirePreconditions(request, source);
  const directory = source.kind === "directory";
  const [from, to] = [place.path, destination.path];
  if (from === to || isBelow(to, from) || isBelow(from, to)) throw refusal(403);
  if (directory && !destination.slash && site.behaviour.directorySlash === "required") throw refusal(409);
  const target = findIn(site.tree, to);
  if (!directory && target.kind === "directory") request.find(destination); // It may want its slash.
  if (!directory && destination.slash && target.kind !== "directory") throw refusal(409);
  const overwrite = request.header("overwrite") ?? (verb === "MOVE" ? site.behaviour.overwriteDefault : "T");
  if (overwrite !== "T" && overwrite !== "F") throw refusal(400);
  if (overwrite === "F" && replaced(target)) throw refusal(412);
  if (target.kind === "parentless" && site.behaviour.makesParentsOnMove && verb === "MOVE")
    makeDirectories(site.tree, parentOf(to));
  else if (target.kind === "parentless" || target.kind === "below-file")
    throw request.refusal(`${verb} ${target.kind}`);
  if (replaced(target)) requireUnlocked(request, to);
  else requireMembership(request, to);
  if (!isWritable(site.tree, parentOf(to))) throw refusal(403);
  return { verb, from, to, directory, target };
}

function replaced({ kind }: Finding): boolean {
  return kind === "file" || kind === "directory";
}

/** Removes what is where something goes to. */
function makeWay(request: WebdavRequest, { to, target }: Transfer): readonly MemberFailure[] {
  if (!replaced(target)) return [];
  const locked = lockedBelow(request, to);
  return locked.length > 0 ? locked : remove(request.site.tree, to);
}

function copied({ to, directory, target }: Transfer, failures: readonly MemberFailure[]): WebdavReply {
  const [first] = failures;
  if (first === undefined) return { status: replaced(target) ? 204 : 201 };
  if (first.href === hrefOf(to, directory)) throw refusal(first.status);
  return partly(failures);
}

/** Copies what can be copied. What a link leads to is copied, as servers see links. */
function copyAll(tree: FileTree, from: string, to: string, deep: boolean): readonly MemberFailure[] {
  const finding = findIn(tree, from);
  if (!("stat" in finding)) return [];
  if (finding.kind === "file") return copyFile(tree, from, to);
  tree.mkdir(to);
  const members = deep ? tree.readdir(from) : [];
  return members.flatMap(({ name }) => copyAll(tree, memberOf(from, name), memberOf(to, name), true));
}

function copyFile(tree: FileTree, from: string, to: string): readonly MemberFailure[] {
  const source = tree.open(from, { read: true });
  const target = tree.open(to, { write: true, create: true, exclusive: true }, source.stat().mode);
  try {
    source.copyTo(target);
    return [];
  } catch (error) {
    if (!isTransportError(error, "no-space")) throw error;
    tree.unlink(to);
    return [{ href: hrefOf(to, false), status: 507 }];
  } finally {
    source.close();
    target.close();
  }
}
