import type { TreeStat } from "../../schemes/memory/tree-types.ts";
import { etagOf } from "./http-files.ts";
import { activeLock, supportedLock } from "../../gateway/webdav/lock-document.ts";
import type { WebdavSite } from "./webdav-request.ts";
import { escapedXml } from "../../gateway/webdav/xml.ts";

/** What a property is asked about. */
export interface Described {
  readonly site: WebdavSite;
  readonly path: string;
  readonly stat: TreeStat;
}

type Value = (described: Described, colon: string) => string | undefined;

const files =
  (value: Value): Value =>
  (described, colon) =>
    described.stat.type === "directory" ? undefined : value(described, colon);

/** Live properties, each with what it has in it as XML; undefined where it is not there. `colon`: the prefix with its colon, or nothing. */
export const liveProperties: Readonly<Record<string, Value>> = {
  resourcetype: ({ stat }, colon) => (stat.type === "directory" ? `<${colon}collection/>` : ""),
  displayname: ({ path }) => escapedXml(path.slice(path.lastIndexOf("/") + 1)),
  getcontentlength: files(({ stat }) => String(stat.sizeBytes)),
  getcontenttype: files(() => "application/octet-stream"),
  getlastmodified: ({ stat }) => stat.mtime.toUTCString(),
  getetag: files(({ site, stat }) =>
    site.etags === "none" ? undefined : escapedXml(etagOf(stat, site.etags === "weak")),
  ),
  supportedlock: ({ site }, colon) => (site.behaviour.locks ? supportedLock(colon) : undefined),
  lockdiscovery: ({ site, path }, colon) =>
    site.behaviour.locks
      ? site.locks
          .on(path)
          .map((lock) => activeLock(lock, colon))
          .join("")
      : undefined,
  "quota-available-bytes": ({ site: { tree }, stat }) =>
    stat.type === "directory" && Number.isFinite(tree.maxBytes) ? String(tree.maxBytes - tree.usedBytes) : undefined,
  "quota-used-bytes": ({ site: { tree }, stat }) =>
    stat.type === "directory" && Number.isFinite(tree.maxBytes) ? String(tree.usedBytes) : undefined,
};

/** Told only to who asks for them by their names (RFC 4331, 2). */
export const askedOnly: ReadonlySet<string> = new Set(["quota-available-bytes", "quota-used-bytes"]);

/** The value of a property in the namespace `DAV:`. */
export function valueOf(name: string, described: Described, colon: string): string | undefined {
  if (!Object.hasOwn(liveProperties, name) || described.site.behaviour.lacksProperties.includes(name)) return undefined;
  return liveProperties[name]?.(described, colon);
}
