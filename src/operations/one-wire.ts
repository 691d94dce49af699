import { TransportError } from "../errors/transport-error.ts";
import type { Ends } from "./tree-options.ts";

/** Where a path of the target is, seen from the source; undefined where the two are not on one wire, or in one file system. */
export function targetSeenFromSource({ source, target }: Ends): ((path: string) => string) | undefined {
  const [here, there] = [source.location, target.location];
  // No path leads from the login directory to one that begins at the root.
  if (!shareServer({ source, target }) || here.home !== there.home) return undefined;
  const top = "../".repeat(here.segments.length);
  return (path) => top + [...there.segments, ...(path === "" ? [] : [path])].join("/");
}

/** @throws TransportError where the target is the source, or is in it: the copy would find itself, without an end */
export function refuseInsideItself(ends: Ends): void {
  const { source, target } = ends;
  if (!shareServer(ends)) return;
  const inside = source.location.relative(target.location);
  if (inside === undefined) return;
  const reason =
    inside === "" ? "source and target are the same directory" : "a directory cannot be copied into itself";
  throw new TransportError("invalid-path", reason, { operation: "copy", url: target.location.redactedUrl });
}

function shareServer({ source, target }: Ends): boolean {
  if (source.location.decorators.length > 0 || target.location.decorators.length > 0) return false;
  if (source.sharedWire !== undefined) return source.sharedWire === target.sharedWire;
  return source.capabilities.local && target.capabilities.local;
}
