import type { XmlElement } from "../../../drivers/sax.ts";
import type { Operation } from "../../../transport/operation.ts";
import type { Location } from "../../../url/location.ts";
import type { HttpRequests } from "../http-requests.ts";
import { childOf, isDav } from "./multistatus.ts";
import { propfind, readProperties } from "./propfind.ts";

/** A lock that somebody holds, as the server tells of it. */
export interface ActiveLock {
  readonly token: string;
  /** What its holder says of itself. */
  readonly owner: string;
  /** Whether it lasts until it is given back. */
  readonly endless: boolean;
}

const discovery: Uint8Array = Buffer.from(
  '<?xml version="1.0" encoding="utf-8"?>\n<propfind xmlns="DAV:"><prop><lockdiscovery/></prop></propfind>',
);

/** The locks on a resource. Where nothing is, there are none. */
export async function locksOn(
  requests: HttpRequests,
  at: Location,
  operation: Operation,
): Promise<readonly ActiveLock[]> {
  const found = await propfind(requests, at, "0", operation, discovery);
  if (found.kind === "directory") return [];
  const { answer } = found;
  if (answer.status === 404) {
    await answer.discard();
    return [];
  }
  const locks: ActiveLock[] = [];
  await readProperties(answer, ({ properties }) => {
    for (const child of properties.get("lockdiscovery")?.children ?? [])
      if (isDav(child, "activelock")) locks.push(lockOf(child));
  });
  return locks;
}

/** What asks for a lock: `owner` is for whoever else wants it. */
export function lockRequest(owner: string): Uint8Array {
  const text = owner.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return Buffer.from(
    '<?xml version="1.0" encoding="utf-8"?>\n<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope>' +
      `<locktype><write/></locktype><owner>${text}</owner></lockinfo>`,
  );
}

function lockOf(element: XmlElement): ActiveLock {
  const text = (name: string): string => childOf(element, name)?.text.trim() ?? "";
  const token = childOf(element, "locktoken");
  return {
    token: (token === undefined ? undefined : childOf(token, "href"))?.text.trim() ?? "",
    owner: text("owner"),
    endless: text("timeout").toLowerCase() === "infinite",
  };
}
