import { TransportError } from "../errors/transport-error.ts";
import type { Location } from "../url/location.ts";
import { endsAsDirectory, resolvePath } from "../url/path.ts";

/** Where a path leads inside a chroot. */
export interface ChrootPlace {
  /** The names from the root to it; none for the root itself. */
  readonly names: readonly string[];
  /** The path from the base that the caller counts from: it climbs no further than the root, and never begins there. */
  readonly fromBase: string;
}

/**
 * Where a path leads that is given at `base`, which is at or below `root`: `/` is the root, and `..` stops there.
 *
 * @throws TransportError `invalid-path` where a name has a backslash and could be a way up to a server that takes one for a slash
 */
export function findInChroot(root: Location, base: Location, path: string): ChrootPlace {
  const above = base.segments.slice(root.segments.length);
  const { kept, names } = resolvePath(above.length, path);
  if (names.some((name) => name.split("\\").includes("..")))
    throw new TransportError("invalid-path", "the path has .. behind a backslash, which some servers take for a slash");
  const way = [...above.slice(kept).map(() => ".."), ...names].join("/");
  const ending = names.length > 0 && endsAsDirectory(path) ? "/" : "";
  // The empty path and "." differ where a file can only be asked for as a whole.
  const fromBase = way === "" && path !== "" ? "." : way + ending;
  return { names: [...above.slice(0, kept), ...names], fromBase };
}
