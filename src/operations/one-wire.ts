import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";

import { TransportError } from "../errors/transport-error.ts";
import type { Transport } from "../transport/transport.ts";
import type { Ends } from "./tree-options.ts";

/** Where a path of the target is, seen from the source; undefined where the two are not on one wire, or in one file system. */
export function targetSeenFromSource({ source, target }: Ends): ((path: string) => string) | undefined {
  const [here, there] = [source.location, target.location];
  // No path leads from the login directory to one that begins at the root.
  if (!shareServer({ source, target }) || here.home !== there.home) return undefined;
  const top = "../".repeat(here.segments.length);
  return (path) => top + [...there.segments, ...(path === "" ? [] : [path])].join("/");
}

/**
 * Refuses two directories of which one is in the other: a target in its source, where the copy would find itself, without an end; and, where what is
 * only in the target is deleted, a source in its target. Local directories are compared behind their links.
 *
 * @throws TransportError `invalid-path`
 */
export async function refuseOverlap(ends: Ends, { deletes }: { readonly deletes: boolean }): Promise<void> {
  const { source, target } = ends;
  requireTransport("source", source);
  requireTransport("target", target);
  const isIn = await comparison(ends);
  const refuse = (reason: string, hint?: string): TransportError =>
    new TransportError("invalid-path", reason, { operation: "copy", url: target.location.redactedUrl, hint });
  if (isIn(target, source)) {
    throw refuse(
      isIn(source, target) ? "source and target are the same directory" : "a directory cannot be copied into itself",
    );
  }
  if (deletes && isIn(source, target))
    throw refuse("the source is in the target, and would be deleted", "Do not delete, or choose another target");
}

/** For who has no types to be told by: the location is not the transport. */
function requireTransport(name: keyof Ends, end: unknown): void {
  if (typeof end === "object" && end !== null && "capabilities" in end) return;
  throw new TransportError("unsupported", `the ${name} is no transport`, {
    operation: "copy",
    hint: "Get one for its location: getTransport(location, list)",
  });
}

type IsIn = (inner: Transport, outer: Transport) => boolean;

/** How to find out whether a directory is in another one, or is it. */
async function comparison(ends: Ends): Promise<IsIn> {
  const { source, target } = ends;
  if (source.capabilities.local && target.capabilities.local) {
    const paths = new Map<Transport, string>();
    for (const end of [source, target]) paths.set(end, await realPath(end.localPath("")));
    return (inner, outer) => isPathIn(paths.get(inner) as string, paths.get(outer) as string);
  }
  if (!shareServer(ends)) return () => false;
  return (inner, outer) => outer.location.relative(inner.location) !== undefined;
}

/** The path that leads to the same place by no link, as far as there is anything yet. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    // What is wrong with it, if that is not that it is missing, is found again when it is used.
    const above = dirname(path);
    return above === path ? path : join(await realPath(above), basename(path));
  }
}

function isPathIn(inner: string, outer: string): boolean {
  const way = relative(outer, inner);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function shareServer({ source, target }: Ends): boolean {
  if (source.location.decorators.length > 0 || target.location.decorators.length > 0) return false;
  if (source.sharedWire !== undefined) return source.sharedWire === target.sharedWire;
  return source.capabilities.local && target.capabilities.local;
}
