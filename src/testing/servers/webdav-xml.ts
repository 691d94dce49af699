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
  readonly namespaces: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const token =
  /<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[([^]*?)\]\]>|<\/([^\s<>]+)\s*>|<([^\s<>/!?]+)([^<>]*?)(\/?)>|([^<]+)/y;
const attribute = /\s+([^\s=]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Reads what is well-formed XML with namespaces and without a DTD; undefined for everything else. Strict: what clients send is on trial here. */
export function parseXml(document: string): XmlElement | undefined {
  const text = document.replace(/^\uFEFF/, "");
  const root: OpenElement = { tag: "", namespaces: new Map([["", ""]]), children: [], text: "" };
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
    open.push({ tag: opening, namespaces: namespacesOf(here, attributes), children: [], text: "" });
    if (empty === "/") close(open, opening);
  }
  if (closing !== undefined) close(open, closing);
}

function close(open: OpenElement[], tag: string): void {
  const element = open.pop();
  const parent = open.at(-1);
  if (element?.tag !== tag || parent === undefined) throw new MalformedXml();
  const [prefix, name] = tag.includes(":") ? (tag.split(":", 2) as [string, string]) : ["", tag];
  const namespace = element.namespaces.get(prefix);
  if (namespace === undefined || name === "") throw new MalformedXml();
  parent.children.push({ namespace, name, children: element.children, text: element.text });
  parent.text += parent.tag === "" ? "" : element.text;
}

function namespacesOf(parent: OpenElement, attributes: string): ReadonlyMap<string, string> {
  const namespaces = new Map(parent.namespaces);
  const seen = new Set<string>();
  let at = 0;
  for (; at < attributes.trimEnd().length; at = attribute.lastIndex) {
    attribute.lastIndex = at;
    const match = attribute.exec(attributes);
    if (match === null) throw new MalformedXml();
    const [, name = "", double, single] = match;
    if (seen.has(name)) throw new MalformedXml();
    seen.add(name);
    const value = unescaped(double ?? single ?? "");
    if (name === "xmlns") namespaces.set("", value);
    else if (name.startsWith("xmlns:")) namespaces.set(name.slice("xmlns:".length), value);
  }
  return namespaces;
}

function unescaped(text: string): string {
  return text.replaceAll(/&([^;&]*);?/g, (whole, name: string) => {
    const code = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(name);
    const known =
      code === null
        ? entities[name]
        : String.fromCodePoint(code[1] === undefined ? Number(code[2]) : parseInt(code[1], 16));
    if (known === undefined || !whole.endsWith(";")) throw new MalformedXml();
    return known;
  });
}

/** Text as it stands in XML. What XML cannot hold, most control characters, is left out. */
export function escapedXml(text: string): string {
  const allowed = text.replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "");
  return allowed.replaceAll(/[&<>"\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
