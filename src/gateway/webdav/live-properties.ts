import type { Stat } from "../../transport/stat.ts";
import type { Transport } from "../../transport/transport.ts";
import { contentTypeOf } from "../content-types.ts";
import { etagOf } from "../etag.ts";
import { activeLock, supportedLock } from "./lock-document.ts";
import type { PropertyName } from "./property-answers.ts";
import { davName } from "./property-answers.ts";
import type { WebdavSite } from "./webdav-request.ts";
import { escapedXml } from "./xml.ts";

/** What a property is asked about. */
export interface Described {
  readonly site: WebdavSite;
  readonly transport: Transport;
  readonly path: string;
  /** Of what a link leads to. */
  readonly stat: Stat;
}

type Value = (described: Described) => string | undefined;

const files =
  (value: Value): Value =>
  (described) =>
    described.stat.type === "directory" ? undefined : value(described);

/** Of the gateway's own: they are there where locks are. */
const ofLocks =
  (value: Value): Value =>
  (described) =>
    described.site.writable ? value(described) : undefined;

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

const davProperties: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["resourcetype", ({ stat }) => (stat.type === "directory" ? "<D:collection/>" : "")],
  ["displayname", ({ path }) => escapedXml(nameOf(path))],
  ["getcontentlength", files(({ stat }) => String(stat.sizeBytes))],
  ["getcontenttype", files(({ path }) => escapedXml(contentTypeOf(nameOf(path))))],
  ["getlastmodified", ({ stat }) => stat.mtime?.toUTCString()],
  ["getetag", files(({ stat, transport }) => optional(etagOf(stat, transport)))],
  ["supportedlock", ofLocks(() => supportedLock("D:"))],
  [
    "lockdiscovery",
    ofLocks(({ site, path }) =>
      site.locks
        .on(path)
        .map((lock) => activeLock(lock, "D:"))
        .join(""),
    ),
  ],
]);

/** What "all" means. */
export const allProperties: readonly PropertyName[] = [...davProperties.keys()].map(davName);

/** Whether a file may be run: what Apache's own store calls it, and davfs2 asks for. */
export const executable: PropertyName = { namespace: "http://apache.org/dav/props/", name: "executable" };

/** What a property has in it, as XML; undefined where it is not there. */
export function valueOf({ namespace, name }: PropertyName, described: Described): string | undefined {
  if (namespace === "DAV:") return davProperties.get(name)?.(described);
  const { type, mode } = described.stat;
  if (namespace !== executable.namespace || name !== executable.name || type !== "file" || mode === undefined)
    return undefined;
  return (mode & 0o111) === 0 ? "F" : "T";
}

function optional(text: string | undefined): string | undefined {
  return text === undefined ? undefined : escapedXml(text);
}
