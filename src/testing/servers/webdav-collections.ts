import type { FileTree } from "../../schemes/memory/file-tree.ts";
import { lockedBelow, requireMembership } from "../../gateway/webdav/lock-conditions.ts";
import { requirePreconditions } from "./webdav-conditions.ts";
import { hrefOf, memberOf, parentOf } from "../../gateway/webdav/paths.ts";
import { findIn, isWritable } from "./webdav-place.ts";
import type { MemberFailure } from "../../gateway/webdav/reply.ts";
import { partly, refusal } from "../../gateway/webdav/reply.ts";
import type { WebdavMethod } from "./webdav-request.ts";

/** RFC 4918, 9.3. */
export const mkcol: WebdavMethod = async (request) => {
  const { site, place } = request;
  const { behaviour, tree } = site;
  if ((await request.bytes()).length > 0) throw refusal(415);
  if (behaviour.directorySlash === "required" && !place.slash) throw refusal(409);
  const finding = findIn(tree, place.path);
  if (finding.kind === "directory") request.find(place); // It may want its slash.
  if (finding.kind === "directory" && behaviour.makesDirectoriesTwice) return { status: 201 };
  if (finding.kind === "directory" || finding.kind === "file") throw refusal(405);
  if (finding.kind === "parentless") throw request.refusal("MKCOL parentless");
  if (finding.kind === "below-file") throw request.refusal("MKCOL below-file");
  requireMembership(request, place.path);
  if (!isWritable(tree, parentOf(place.path))) throw refusal(403);
  tree.mkdir(place.path);
  return { status: 201 };
};

/** RFC 4918, 9.6. */
export const deleteAll: WebdavMethod = (request) => {
  const { site, place } = request;
  const finding = request.find(place);
  if (finding.kind === "below-file") throw request.refusal("DELETE below-file");
  if (finding.kind === "missing" || finding.kind === "parentless") throw refusal(404);
  requirePreconditions(request, finding);
  if (finding.kind === "directory" && request.depth("infinity") !== "infinity") throw refusal(400);
  if (place.path === "/") throw refusal(403);
  requireMembership(request, place.path);
  const locked = lockedBelow(request, place.path);
  if (locked.length > 0) return partly(locked);
  const failures = remove(site.tree, place.path);
  const [first] = failures;
  if (first === undefined) {
    site.locks.dropAt(place.path);
    return { status: 204 };
  }
  if (first.href === hrefOf(place.path, finding.kind === "directory")) throw refusal(first.status);
  return partly(failures);
};

/** Removes what can be removed. What is above what remains remains, too, and nothing is said of it: RFC 4918, 9.6.1. */
export function remove(tree: FileTree, path: string): readonly MemberFailure[] {
  const isDirectory = tree.lstat(path).type === "directory";
  const inside = isDirectory ? tree.readdir(path).flatMap(({ name }) => remove(tree, memberOf(path, name))) : [];
  if (inside.length > 0) return inside;
  if (!isWritable(tree, parentOf(path))) return [{ href: hrefOf(path, isDirectory), status: 403 }];
  if (isDirectory) tree.rmdir(path);
  else tree.unlink(path);
  return [];
}
