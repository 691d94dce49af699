import { requireUnlocked } from "./webdav-conditions.ts";
import { findIn, hrefOf, memberOf } from "./webdav-place.ts";
import type { Described } from "./webdav-properties.ts";
import { askedOnly, liveProperties, valueOf } from "./webdav-properties.ts";
import { multistatus, refusal, statusElement } from "./webdav-reply.ts";
import type { WebdavMethod } from "./webdav-request.ts";
import type { XmlElement } from "./webdav-xml.ts";
import { escapedXml } from "./webdav-xml.ts";

interface PropertyName {
  readonly namespace: string;
  readonly name: string;
}

/** What of each resource is told. */
interface Question {
  readonly properties: readonly PropertyName[];
  /** Whether the values are wanted, too. */
  readonly values: boolean;
  /** Whether what is not there is said to be missing. */
  readonly tellsMissing: boolean;
}

/** RFC 4918, 9.1. */
export const propfind: WebdavMethod = async (request) => {
  const { site, place } = request;
  const depth = request.depth("infinity");
  const question = questionOf(await request.document());
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
function* members({ site, path }: Described, question: Question): Generator<string> {
  for (const { name, stat } of site.tree.readdir(path)) {
    const member = memberOf(path, name);
    const finding = stat.type === "link" ? findIn(site.tree, member) : { kind: stat.type, stat };
    if ("stat" in finding) yield response({ site, path: member, stat: finding.stat }, question);
  }
}

function questionOf(document: XmlElement | undefined): Question {
  const all = Object.keys(liveProperties).filter((name) => !askedOnly.has(name));
  const whole = { properties: all.map(davName), values: true, tellsMissing: false };
  if (document === undefined) return whole;
  if (document.namespace !== "DAV:" || document.name !== "propfind") throw refusal(400);
  const parts = new Map(document.children.filter(isDav).map((child) => [child.name, child.children]));
  const named = parts.get("prop");
  if ([named, parts.get("allprop"), parts.get("propname")].filter((part) => part !== undefined).length !== 1)
    throw refusal(400);
  if (named !== undefined) return { properties: named, values: true, tellsMissing: true };
  if (parts.has("propname")) return { ...whole, values: false };
  return { ...whole, properties: [...whole.properties, ...(parts.get("include") ?? [])] };
}

function davName(name: string): PropertyName {
  return { namespace: "DAV:", name };
}

function isDav({ namespace }: PropertyName): boolean {
  return namespace === "DAV:";
}

/** `href`: by which name it is called, where that is not its own. */
function response(
  described: Described,
  { properties, values, tellsMissing }: Question,
  href: string = hrefOf(described.path, described.stat.type === "directory"),
): string {
  const { prefix, omitsMissingProperties } = described.site.behaviour;
  const colon = prefix === "" ? "" : `${prefix}:`;
  const there: string[] = [];
  const missing: string[] = [];
  for (const property of properties) {
    const value = isDav(property) ? valueOf(property.name, described, colon) : undefined;
    if (value === undefined) missing.push(emptyElement(property));
    else there.push(`<${colon}${property.name}>${values ? value : ""}</${colon}${property.name}>`);
  }
  const told = tellsMissing && !omitsMissingProperties && missing.length > 0;
  const stats = [
    ...(there.length > 0 || !told ? [propstat(colon, there, 200)] : []),
    ...(told ? [propstat(colon, missing, 404)] : []),
  ];
  return `<${colon}response><${colon}href>${escapedXml(href)}</${colon}href>${stats.join("")}</${colon}response>\n`;
}

function propstat(colon: string, properties: readonly string[], status: number): string {
  return `<${colon}propstat><${colon}prop>${properties.join("")}</${colon}prop>${statusElement(colon, status)}</${colon}propstat>`;
}

function emptyElement({ namespace, name }: PropertyName): string {
  return `<${name} xmlns="${escapedXml(namespace)}"/>`;
}

/** RFC 4918, 9.2. What a file system cannot keep is refused, each property by itself. */
export const proppatch: WebdavMethod = async (request) => {
  const { place } = request;
  const document = await request.document();
  if (document?.namespace !== "DAV:" || document.name !== "propertyupdate") throw refusal(400);
  const finding = request.find(place);
  if (!("stat" in finding)) throw refusal(404);
  requireUnlocked(request, place.path);
  const changes = document.children.filter((child) => isDav(child) && /^(?:set|remove)$/.test(child.name));
  const properties = changes.flatMap(({ children }) => children).flatMap(({ children }) => children);
  if (properties.length === 0) throw refusal(400);
  const href = escapedXml(hrefOf(place.path, finding.kind === "directory"));
  const stat = propstat("D:", properties.map(emptyElement), 403);
  return multistatus("D", [`<D:response><D:href>${href}</D:href>${stat}</D:response>\n`]);
};
