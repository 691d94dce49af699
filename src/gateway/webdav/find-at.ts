import { isTransportError } from "../../errors/transport-error.ts";
import type { Stat } from "../../transport/stat.ts";
import type { WebdavRequest } from "./webdav-request.ts";
import { below } from "./webdav-request.ts";

/** What is at a path: a link counts as what it leads to, and is `broken` where that is nothing. */
export type Found =
  | { readonly kind: "file" | "directory" | "broken"; readonly stat: Stat; readonly isLink: boolean }
  | { readonly kind: "missing" };

/** Looks at a path. Behind a file nothing is, as where nothing is. */
export async function findAt({ transport, gateway }: WebdavRequest, path: string): Promise<Found> {
  const { signal } = gateway;
  const look = async (followLinks: boolean): Promise<Stat | undefined> => {
    try {
      return await transport.stat(below(path), { followLinks, signal });
    } catch (error) {
      if (isTransportError(error, "not-found", "not-a-directory")) return undefined;
      throw error;
    }
  };
  const own = await look(false);
  if (own === undefined) return { kind: "missing" };
  if (own.type !== "link") return { kind: kindOf(own), stat: own, isLink: false };
  const stat = await look(true);
  return stat === undefined ? { kind: "broken", stat: own, isLink: true } : { kind: kindOf(stat), stat, isLink: true };
}

/** Whether it is a directory itself, with members of its own. */
export function isCollection(found: Found): boolean {
  return found.kind === "directory" && !found.isLink;
}

function kindOf({ type }: Stat): "file" | "directory" {
  return type === "directory" ? "directory" : "file";
}
