import type { WebdavLock } from "./locks.ts";
import { hrefOf } from "./paths.ts";
import { declaration, refusal } from "./reply.ts";
import type { XmlElement } from "./xml.ts";
import { escapedXml } from "./xml.ts";

/** Who wants a lock, from a description of an exclusive one (RFC 4918, 14.11). Throws a refusal for any other. */
export function ownerIn(document: XmlElement): string {
  if (document.namespace !== "DAV:" || document.name !== "lockinfo") throw refusal(400);
  const part = (name: string): XmlElement | undefined =>
    document.children.find((child) => child.namespace === "DAV:" && child.name === name);
  const [scope, type] = [part("lockscope")?.children[0]?.name, part("locktype")?.children[0]?.name];
  if (scope === undefined || type === undefined) throw refusal(400);
  if (scope !== "exclusive" || type !== "write") throw refusal(422);
  return part("owner")?.text.trim() ?? "";
}

/** How long a lock is wanted, from a `Timeout` header (RFC 4918, 10.7). Without one that is understood it is `usualMs`. */
export function timeoutOf(
  header: string | undefined,
  { usualMs, maxMs }: { readonly usualMs: number; readonly maxMs: number },
): number {
  for (const wish of (header ?? "").split(",")) {
    if (wish.trim().toLowerCase() === "infinite") return maxMs;
    const seconds = /^Second-(\d{1,10})$/i.exec(wish.trim())?.[1];
    if (seconds !== undefined) return Math.min(maxMs, Number(seconds) * 1000);
  }
  return Math.min(maxMs, usualMs);
}

/** The token in a `Lock-Token` header. Throws a refusal where there is none. */
export function lockTokenIn(header: string | undefined): string {
  const token = /^\s*<([^<>]+)>\s*$/.exec(header ?? "")?.[1];
  if (token === undefined) throw refusal(400);
  return token;
}

/** The href of what a lock is on. */
export function rootOf({ path, directory }: WebdavLock): string {
  return hrefOf(path, directory);
}

/** What a LOCK is answered with (RFC 4918, 9.10.1). */
export function lockDocument(lock: WebdavLock): string {
  return `${declaration}<D:prop xmlns:D="DAV:"><D:lockdiscovery>${activeLock(lock, "D:")}</D:lockdiscovery></D:prop>\n`;
}

/** What locks there may be (RFC 4918, 15.10). `colon`: the prefix with its colon, or nothing. */
export function supportedLock(colon: string): string {
  return `<${colon}lockentry><${colon}lockscope><${colon}exclusive/></${colon}lockscope><${colon}locktype><${colon}write/></${colon}locktype></${colon}lockentry>`;
}

/** A lock as it is told of (RFC 4918, 14.1). */
export function activeLock(lock: WebdavLock, colon: string): string {
  const { token, deep, owner, timeoutMs } = lock;
  const element = (name: string, content: string): string => `<${colon}${name}>${content}</${colon}${name}>`;
  return element(
    "activelock",
    [
      element("locktype", `<${colon}write/>`),
      element("lockscope", `<${colon}exclusive/>`),
      element("depth", deep ? "infinity" : "0"),
      owner === "" ? "" : element("owner", escapedXml(owner)),
      element("timeout", Number.isFinite(timeoutMs) ? `Second-${Math.ceil(timeoutMs / 1000)}` : "Infinite"),
      element("locktoken", element("href", token)),
      element("lockroot", element("href", escapedXml(rootOf(lock)))),
    ].join(""),
  );
}
