import { publish } from "../../connection/events.ts";
import type { Location } from "../../url/location.ts";
import type { Operation } from "../operation.ts";
import { throwIfAborted } from "../operation.ts";
import type { Primitives } from "../primitives.ts";
import type { Entry } from "../stat.ts";
import type { ListOptions } from "../verb-options.ts";

/** The entries of a directory, each with a path that the verbs take. Names that are no names are dropped and reported. */
export async function* list(
  primitives: Primitives,
  at: Location,
  path: string,
  { mtimes = false }: ListOptions,
  operation: Operation,
): AsyncGenerator<Entry> {
  const prefix = prefixOf(path);
  for await (const batch of primitives.listAt(at, operation, { mtimes })) {
    for (const { name, stat } of batch) {
      throwIfAborted(operation);
      if (name === "." || name === "..") continue;
      if (isSafeName(name))
        yield stat === undefined ? { name, path: prefix + name } : { name, path: prefix + name, stat };
      else publish("samewire:list:refused-name", () => ({ url: at.redactedUrl, name: JSON.stringify(name) }));
    }
  }
}

/** Whether a name that a server gave is one name: not empty, not a way to somewhere else. */
export function isSafeName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !name.includes("/") && !name.includes("\0");
}

/** What stands before the names in the paths of entries that are listed for `path`. */
export function prefixOf(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === "/") end--;
  const trimmed = path.slice(0, end);
  if (trimmed === "") return path.startsWith("/") ? "/" : "";
  return trimmed === "." ? "" : `${trimmed}/`;
}
