import { refusal, statusElement } from "./reply.ts";
import type { XmlElement } from "./xml.ts";
import { escapedXml } from "./xml.ts";

/** The name of a property, as XML has names. */
export interface PropertyName {
  readonly namespace: string;
  readonly name: string;
}

/** What a PROPFIND wants to be told of each resource. */
export interface PropertyQuestion {
  readonly properties: readonly PropertyName[];
  /** Whether the values are wanted, too. */
  readonly values: boolean;
  /** Whether what is not there is said to be missing. */
  readonly tellsMissing: boolean;
}

/** Properties in one question. They are answered for every member of a directory: with more, a short question would have an endless answer. */
const mostProperties = 256;
/** Characters of all their names. A namespace, which is written once in a question, is written with each name in the answer. */
const longestNames = 16 * 1024;

/** Reads what a PROPFIND asks (RFC 4918, 14.20). `all`: what "all" means. Throws a refusal for what is no question. */
export function questionIn(document: XmlElement | undefined, all: readonly PropertyName[]): PropertyQuestion {
  const whole = { properties: all, values: true, tellsMissing: false };
  if (document === undefined) return whole;
  if (document.namespace !== "DAV:" || document.name !== "propfind") throw refusal(400);
  const parts = new Map(document.children.filter(isDav).map((child) => [child.name, child.children]));
  const named = parts.get("prop");
  if ([named, parts.get("allprop"), parts.get("propname")].filter((part) => part !== undefined).length !== 1)
    throw refusal(400);
  const included = parts.get("include") ?? [];
  checkNames(named ?? included);
  const properties = distinct(named ?? [...all, ...included]);
  if (named !== undefined) return { properties, values: true, tellsMissing: true };
  return parts.has("propname") ? { ...whole, values: false } : { ...whole, properties };
}

/** Throws a refusal for more than anybody has a use for. */
function checkNames(names: readonly PropertyName[]): void {
  const length = names.reduce((sum, { namespace, name }) => sum + namespace.length + name.length, 0);
  if (names.length > mostProperties || length > longestNames) throw refusal(413);
}

/** Each of them once, however often it is asked for. */
function distinct(names: readonly PropertyName[]): readonly PropertyName[] {
  return [...new Map(names.map((property) => [`${property.name} ${property.namespace}`, property])).values()];
}

/** The properties that a PROPPATCH sets and removes, in its order (RFC 4918, 14.19). Throws a refusal for what is none. */
export function changesIn(
  document: XmlElement | undefined,
): readonly { readonly verb: "set" | "remove"; readonly property: XmlElement }[] {
  if (document?.namespace !== "DAV:" || document.name !== "propertyupdate") throw refusal(400);
  const changes = document.children.filter(isDav).flatMap(({ name, children }) => {
    if (name !== "set" && name !== "remove") return [];
    const properties = children.flatMap((part) => part.children);
    return properties.map((property) => ({ verb: name, property }) as const);
  });
  if (changes.length === 0) throw refusal(400);
  checkNames(changes.map(({ property }) => property));
  return changes;
}

/** A name in the namespace of WebDAV. */
export function davName(name: string): PropertyName {
  return { namespace: "DAV:", name };
}

export function isDav({ namespace }: PropertyName): boolean {
  return namespace === "DAV:";
}

/** How properties are told. */
export interface PropertyAnswers {
  /** The prefix of WebDAV's namespace with its colon, or nothing. */
  readonly colon: string;
  /** Whether what is missing is said to be so, where the question wants that. */
  readonly tellsMissing: boolean;
  /** What a property has in it, as XML; undefined where it is not there. */
  readonly valueOf: (property: PropertyName) => string | undefined;
}

/** What a 207 says of one resource in answer to a question. */
export function propertiesResponse(
  href: string,
  { properties, values, tellsMissing }: PropertyQuestion,
  { colon, tellsMissing: mayTell, valueOf }: PropertyAnswers,
): string {
  const there: string[] = [];
  const missing: string[] = [];
  for (const property of properties) {
    const value = valueOf(property);
    if (value === undefined) missing.push(emptyElement(property));
    else if (values && value !== "") there.push(filledElement(property, value, colon));
    else there.push(isDav(property) ? `<${colon}${property.name}></${colon}${property.name}>` : emptyElement(property));
  }
  const told = tellsMissing && mayTell && missing.length > 0;
  const stats = [
    ...(there.length > 0 || !told ? [propstat(colon, there, 200)] : []),
    ...(told ? [propstat(colon, missing, 404)] : []),
  ];
  return resourceResponse(colon, href, stats);
}

/** What a 207 says of one resource. */
export function resourceResponse(colon: string, href: string, stats: readonly string[]): string {
  return `<${colon}response><${colon}href>${escapedXml(href)}</${colon}href>${stats.join("")}</${colon}response>\n`;
}

/** Properties, as XML, with what is said of them. */
export function propstat(colon: string, properties: readonly string[], status: number): string {
  return `<${colon}propstat><${colon}prop>${properties.join("")}</${colon}prop>${statusElement(colon, status)}</${colon}propstat>`;
}

/** A property by its name alone. */
export function emptyElement({ namespace, name }: PropertyName): string {
  return `<${name} xmlns="${escapedXml(namespace)}"/>`;
}

function filledElement(property: PropertyName, value: string, colon: string): string {
  const { namespace, name } = property;
  if (isDav(property)) return `<${colon}${name}>${value}</${colon}${name}>`;
  return `<${name} xmlns="${escapedXml(namespace)}">${value}</${name}>`;
}
