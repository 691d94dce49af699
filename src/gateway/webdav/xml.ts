/** An element of a request's body. Attributes are none of WebDAV's business, but for the namespaces that they declare. */
export interface XmlElement {
  readonly namespace: string;
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** The text in it and in its children. */
  readonly text: string;
}

interface OpenElement {
  readonly tag: string;
  /** What it is in; undefined for the document. */
  readonly around: OpenElement | undefined;
  /** Those that it declares, by their prefix. */
  readonly namespaces: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/** Elements within elements: no client has a use for more. */
const deepest = 32;

// Each part begins with what none before it can hold, so that nothing is tried in more than one way.
const token =
  /<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[([^]*?)\]\]>|<\/([^\s<>]+)\s*>|<([^\s<>/!?]+)((?:\s[^<>]*?)?)(\/?)>|([^<]+)/y;
const attribute = /\s+([^\s=]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const tagShape = /^(?:([\p{L}_][\p{L}\p{M}\p{N}._-]*):)?([\p{L}_][\p{L}\p{M}\p{N}._-]*)$/u;
const entities: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** Reads what is well-formed XML with namespaces and without a DTD; undefined for everything else. Entities are the five that XML itself has. */
export function parseXml(document: string): XmlElement | undefined {
  const text = document.replace(/^\uFEFF/, "");
  const root: OpenElement = { tag: "", around: undefined, namespaces: new Map([["", ""]]), children: [], text: "" };
  const open = [root];
  try {
    for (let at = 0; at < text.length; at = token.lastIndex) {
      token.lastIndex = at;
      const match = token.exec(text);
      if (match === null) return undefined;
      take(open, match);
    }
  } catch (error) {
    if (error instanceof MalformedXml) return undefined;
    throw error;
  }
  const [element, ...more] = root.children;
  return open.length === 1 && more.length === 0 && root.text.trim() === "" ? element : undefined;
}

class MalformedXml extends Error {}

function take(open: OpenElement[], [, cdata, closing, opening, attributes = "", empty, text]: RegExpExecArray): void {
  const here = open.at(-1);
  if (here === undefined) throw new MalformedXml();
  if (cdata !== undefined) here.text += cdata;
  if (text !== undefined) here.text += unescaped(text);
  if (opening !== undefined) {
    if (open.length > deepest) throw new MalformedXml();
    open.push({ tag: opening, around: here, namespaces: namespacesIn(attributes), children: [], text: "" });
    if (empty === "/") close(open, opening);
  }
  if (closing !== undefined) close(open, closing);
}

function close(open: OpenElement[], tag: string): void {
  const element = open.pop();
  const parent = open.at(-1);
  if (element?.tag !== tag || parent === undefined) throw new MalformedXml();
  const [, prefix = "", name] = tagShape.exec(tag) ?? [];
  const namespace = namespaceOf(prefix, element);
  if (namespace === undefined || name === undefined) throw new MalformedXml();
  parent.children.push({ namespace, name, children: element.children, text: element.text });
  parent.text += parent.tag === "" ? "" : element.text;
}

/** What a prefix stands for in an element: the innermost declaration counts. A map of all that hold for each would be the square of the document. */
function namespaceOf(prefix: string, element: OpenElement): string | undefined {
  for (let at: OpenElement | undefined = element; at !== undefined; at = at.around) {
    const namespace = at.namespaces.get(prefix);
    if (namespace !== undefined) return namespace;
  }
  return undefined;
}

/** The namespaces that an element declares, by their prefix. */
function namespacesIn(attributes: string): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  const seen = new Set<string>();
  const { length } = attributes.trimEnd();
  for (let at = 0; at < length; at = attribute.lastIndex) {
    attribute.lastIndex = at;
    const match = attribute.exec(attributes);
    if (match === null) throw new MalformedXml();
    const [, name = "", double, single] = match;
    if (seen.has(name)) throw new MalformedXml();
    seen.add(name);
    const value = unescaped(double ?? single ?? "");
    if (name === "xmlns") own.set("", value);
    else if (name.startsWith("xmlns:")) own.set(name.slice("xmlns:".length), value);
  }
  return own;
}

function unescaped(text: string): string {
  return text.replaceAll(/&([^;&]*);?/g, (whole, name: string) => {
    const code = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(name);
    const known =
      code === null ? entities.get(name) : characterOf(Number(code[1] === undefined ? code[2] : `0x${code[1]}`));
    if (known === undefined || !whole.endsWith(";")) throw new MalformedXml();
    return known;
  });
}

function characterOf(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

/** Text as it stands in XML. What XML cannot hold, most control characters, is left out. */
export function escapedXml(text: string): string {
  const allowed = text.replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "");
  return allowed.replaceAll(/[&<>"\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
