import type { FileTree } from "../../schemes/memory/file-tree.ts";
import type { TreeStat } from "../../schemes/memory/tree-types.ts";
import { isTransportError } from "../../errors/transport-error.ts";
import { parentOf } from "../../gateway/webdav/paths.ts";
import { refusal } from "../../gateway/webdav/reply.ts";

/** Where a request target, or a `Destination`, leads. */
export interface WebdavPlace {
  /** Plain text, from the root, without a slash at its end. */
  readonly path: string;
  /** Whether there was one. */
  readonly slash: boolean;
}

/** The place of a percent-encoded path. Throws a refusal for what no server takes. */
export function placeOf(target: string): WebdavPlace {
  const [raw = ""] = target.split("?", 1);
  if (!raw.startsWith("/")) throw refusal(400);
  const names = raw.split("/").filter((name) => name !== "");
  return { path: `/${names.map(decodedName).join("/")}`, slash: raw.endsWith("/") };
}

function decodedName(raw: string): string {
  let name = "";
  try {
    name = decodeURIComponent(raw);
  } catch {
    throw refusal(400); // Not UTF-8.
  }
  if (name.includes("\0") || name === "." || name === "..") throw refusal(400);
  if (name.includes("/")) throw refusal(404); // As Apache does.
  return name;
}

/** What is at a path. `parentless`: not even a directory for it; `below-file`: a file is where that would be. */
export type Finding =
  | { readonly kind: "file" | "directory"; readonly stat: TreeStat }
  | { readonly kind: "missing" | "parentless" | "below-file" };

export function findIn(tree: FileTree, path: string): Finding {
  try {
    const stat = tree.stat(path);
    return { kind: stat.type === "directory" ? "directory" : "file", stat };
  } catch (error) {
    if (isTransportError(error, "not-a-directory")) return { kind: "below-file" };
    if (!isTransportError(error, "not-found")) throw refusal(403); // A loop of links.
  }
  const above = path === "/" ? undefined : findIn(tree, parentOf(path));
  if (above?.kind === "directory") return { kind: "missing" };
  return { kind: above?.kind === "file" ? "below-file" : "parentless" };
}

/** Whether members may be made and removed in a directory: its permission bits say so, as on a disk. */
export function isWritable(tree: FileTree, directory: string): boolean {
  return (tree.stat(directory).mode & 0o200) !== 0;
}
