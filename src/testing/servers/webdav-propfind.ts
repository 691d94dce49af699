import { requireUnlocked } from "../../gateway/webdav/lock-conditions.ts";
import { hrefOf, memberOf } from "../../gateway/webdav/paths.ts";
import type { PropertyQuestion } from "../../gateway/webdav/property-answers.ts";
import {
  changesIn,
  davName,
  emptyElement,
  isDav,
  propertiesResponse,
  propstat,
  questionIn,
  resourceResponse,
} from "../../gateway/webdav/property-answers.ts";
import { multistatus, refusal } from "../../gateway/webdav/reply.ts";
import { findIn } from "./webdav-place.ts";
import type { Described } from "./webdav-properties.ts";
import { askedOnly, liveProperties, valueOf } from "./webdav-properties.ts";
import type { WebdavMethod } from "./webdav-request.ts";

const all = Object.keys(liveProperties)
  .filter((name) => !askedOnly.has(name))
  .map(davName);

/** RFC 4918, 9.1. */
export const propfind: WebdavMethod = async (request) => {
  const { site, place } = request;
  const depth = request.depth("infinity");
  const question = questionIn(await request.document(), all);
  const finding = request.find(place);
  if (finding.kind === "below-file") throw request.refusal("PROPFIND below-file");
  if (!("stat" in finding)) throw refusal(404);
  if (depth === "infinity") throw refusal(403, "propfind-finite-depth");
  const own = { site, path: place.path, stat: finding.stat };
  const responses = function* (): Generator<string> {
    yield response(own, question, site.behaviour.echoesHref ? request.asked : undefined);
    if (depth === "1" && own.stat.type === "directory") yield* members(own, question);
  };
  return multistatus(site.behaviour.prefix, responses());
};

/** What links lead to is told of them; one that leads nowhere is left out, as Apache does. */
function* members({ site, path }: Described, question: PropertyQuestion): Generator<string> {
  for (const { name, stat } of site.tree.readdir(path)) {
    const member = memberOf(path, name);
    const finding = stat.type === "link" ? findIn(site.tree, member) : { kind: stat.type, stat };
    if ("stat" in finding) yield response({ site, path: member, stat: finding.stat }, question);
  }
}

/** `href`: by which name it is called, where that is not its own. */
function response(
  described: Described,
  question: PropertyQuestion,
  href: string = hrefOf(described.path, described.stat.type === "directory"),
): string {
  const { prefix, omitsMissingProperties } = described.site.behaviour;
  const colon = prefix === "" ? "" : `${prefix}:`;
  return propertiesResponse(href, question, {
    colon,
    tellsMissing: !omitsMissingProperties,
    valueOf: (property) => (isDav(property) ? valueOf(property.name, described, colon) : undefined),
  });
}

/** RFC 4918, 9.2. What a file system cannot keep is refused, each property by itself. */
export const proppatch: WebdavMethod = async (request) => {
  const { place } = request;
  const changes = changesIn(await request.document());
  const finding = request.find(place);
  if (!("stat" in finding)) throw refusal(404);
  requireUnlocked(request, place.path);
  const refused = propstat(
    "D:",
    changes.map(({ property }) => emptyElement(property)),
    403,
  );
  return multistatus("D", [resourceResponse("D:", hrefOf(place.path, finding.kind === "directory"), [refused])]);
};
