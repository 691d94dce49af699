import { isTransportError } from "../../errors/transport-error.ts";
import type { Stat } from "../../transport/stat.ts";
import type { Attributes } from "../../transport/verb-options.ts";
import { checkConditions } from "../conditions.ts";
import { parseHttpDate } from "../http-date.ts";
import { refusalOf } from "../refusal.ts";
import { findAt } from "./find-at.ts";
import { executable } from "./live-properties.ts";
import { requireUnlocked } from "./lock-conditions.ts";
import { hrefOf } from "./paths.ts";
import { changesIn, emptyElement, isDav, propstat, resourceResponse } from "./property-answers.ts";
import { multistatus, refusal } from "./reply.ts";
import type { WebdavMethod, WebdavRequest } from "./webdav-request.ts";
import { below } from "./webdav-request.ts";
import type { XmlElement } from "./xml.ts";

/** RFC 4918, 9.2: all of it is done, or nothing. What can be set is a time and, where there are permission bits, whether a file may be run. */
export const proppatch: WebdavMethod = async (request) => {
  const { place } = request;
  const changes = changesIn(await request.document());
  const found = await findAt(request, place.path);
  if (found.kind !== "file" && found.kind !== "directory") throw refusal(404);
  checkConditions(request.gateway, found.stat);
  requireUnlocked(request, place.path);
  const wanted = changes.map(({ verb, property }) => ({
    name: emptyElement(property),
    attributes: verb === "set" ? attributesOf(request, property, found.stat) : undefined,
  }));
  const refused = wanted.filter(({ attributes }) => attributes === undefined);
  const settable = wanted.filter(({ attributes }) => attributes !== undefined);
  const names = (some: typeof wanted): readonly string[] => some.map(({ name }) => name);
  const stats =
    refused.length > 0
      ? [propstat("D:", names(refused), 403), ...(settable.length > 0 ? [propstat("D:", names(settable), 424)] : [])]
      : [
          propstat(
            "D:",
            names(settable),
            await set(request, Object.assign({}, ...settable.map((one) => one.attributes))),
          ),
        ];
  return multistatus("D", [resourceResponse("D:", hrefOf(place.path, found.kind === "directory"), stats)]);
};

/** What comes of it, as a status. */
async function set({ transport, place }: WebdavRequest, attributes: Attributes): Promise<number> {
  try {
    await transport.setAttributes(below(place.path), attributes);
    return 200;
  } catch (error) {
    if (!isTransportError(error, "permission-denied", "read-only", "unsupported", "no-space")) throw error;
    return refusalOf(error).status;
  }
}

/** What a property is to the transport; undefined where it is nothing that can be set. */
function attributesOf({ transport }: WebdavRequest, property: XmlElement, stat: Stat): Attributes | undefined {
  const { setsMtime, modes } = transport.capabilities;
  const text = property.text.trim();
  if (isDav(property) && property.name === "getlastmodified") {
    const mtime = parseHttpDate(text);
    return setsMtime && mtime !== undefined ? { mtime } : undefined;
  }
  if (property.namespace !== executable.namespace || property.name !== executable.name) return undefined;
  if (!modes || stat.type !== "file" || stat.mode === undefined || !/^[TF]$/.test(text)) return undefined;
  // Whoever may read it may run it.
  return { mode: text === "T" ? stat.mode | ((stat.mode & 0o444) >> 2) : stat.mode & ~0o111 };
}
