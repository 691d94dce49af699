import type { FileTree } from "../../schemes/memory/file-tree.ts";
import type { TreeFile } from "../../schemes/memory/tree-file.ts";
import type { TreeStat } from "../../schemes/memory/tree-types.ts";

/** What is at a path of a tree, as an HTTP server sees it. */
export type Resource =
  | { readonly kind: "missing" }
  | { readonly kind: "directory"; readonly path: string; readonly slash: boolean }
  | { readonly kind: "file"; readonly path: string; readonly stat: TreeStat };

/** The resource that a request target leads to; undefined for a target that no server takes. */
export function resourceAt(tree: FileTree, target: string): Resource | undefined {
  const path = decodedPath(target);
  if (path === undefined) return undefined;
  const slash = path.endsWith("/");
  try {
    const stat = tree.stat(path);
    if (stat.type === "directory") return { kind: "directory", path, slash };
    return slash ? { kind: "missing" } : { kind: "file", path, stat };
  } catch {
    return { kind: "missing" };
  }
}

function decodedPath(target: string): string | undefined {
  const [raw = ""] = target.split("?", 1);
  try {
    const path = decodeURIComponent(raw);
    return path.startsWith("/") && !path.includes("\0") && !path.split("/").includes("..") ? path : undefined;
  } catch {
    return undefined;
  }
}

/** A tag that changes with the content. */
export function etagOf({ id, mtime, sizeBytes }: TreeStat, weak: boolean): string {
  return `${weak ? "W/" : ""}"${id.toString(16)}-${mtime.getTime().toString(16)}-${sizeBytes.toString(16)}"`;
}

const chunkBytes = 64 * 1024;

/** The bytes of an open file from `offset`. */
export function* bytesOf(file: TreeFile, offset: number, length: number): Generator<Buffer> {
  for (let at = 0; at < length; at += chunkBytes) yield file.read(offset + at, Math.min(chunkBytes, length - at));
}
