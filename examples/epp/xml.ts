import sax from "sax";

import { TransportError } from "samewire";

/** An element of a document; its name without the prefix of its namespace. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Element[];
  text: string;
}

/** Deeper than any document of EPP. */
const maxDepth = 20;

/**
 * The root of a document.
 *
 * @throws TransportError `protocol-error` for what is no XML, and for documents that define something
 */
export function parseXml(xml: string): Element {
  const parser = sax.parser(true, { xmlns: true });
  const root: Element = { name: "", attributes: new Map(), children: [], text: "" };
  const open: Element[] = [root];
  const refuse = (why: string): never => {
    throw new TransportError("protocol-error", `what came is no document of EPP: ${why}`);
  };
  parser.onerror = ({ message }) => refuse(message.split("\n", 1)[0] ?? "");
  parser.ondoctype = () => refuse("it has a document type");
  parser.onopentag = (tag) => {
    if (open.length > maxDepth) refuse("it is too deep");
    const attributes = Object.values(tag.attributes).map((attribute): [string, string] =>
      typeof attribute === "string" ? ["", attribute] : [attribute.local, attribute.value],
    );
    const name = "local" in tag ? tag.local : tag.name;
    const element: Element = { name, attributes: new Map(attributes), children: [], text: "" };
    open.at(-1)?.children.push(element);
    open.push(element);
  };
  parser.onclosetag = () => void open.pop();
  const addText = (text: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  };
  parser.ontext = addText;
  parser.oncdata = addText;
  parser.write(xml).close();
  return root.children[0] ?? refuse("it is empty");
}

/** Every element of a name in a document, itself not counted. */
export function* findAll(element: Element, name: string): Generator<Element> {
  for (const child of element.children) {
    if (child.name === name) yield child;
    yield* findAll(child, name);
  }
}

/** The first of them. */
export function find(element: Element, name: string): Element | undefined {
  return findAll(element, name).next().value ?? undefined;
}

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/**
 * Text as it stands in a document.
 *
 * @throws TransportError `invalid-path` for characters that no document can hold
 */
export function escapeXml(text: string): string {
  if (/(?![\t\n\r])\p{Cc}|[\uFFFE\uFFFF]/u.test(text))
    throw new TransportError("invalid-path", "a control character stands in no document of EPP");
  return text.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? character);
}
