import type { SAXParser } from "sax";

import { TransportError } from "../errors/transport-error.ts";
import { oneLine } from "../url/printable.ts";

/** What an XML element is called, whatever prefix stands for its namespace. */
export interface XmlName {
  /** Of its namespace; empty where it has none. */
  readonly uri: string;
  readonly local: string;
}

/** An element of a document; attributes are of no interest here. */
export interface XmlElement extends XmlName {
  readonly children: readonly XmlElement[];
  /** The text in it, without that of its children. */
  readonly text: string;
}

/** Takes a document as it comes, so that no more than one child of its root is ever in memory. What it throws ends the reading. */
export interface XmlListener {
  root(name: XmlName): void;
  /** The next child of the root, whole. */
  item(item: XmlElement): void;
}

/** Bytes of a document. A listing of two hundred thousand files has some hundred mebibytes. */
const mostBytes = 256 * 1024 * 1024;
/** Elements within elements. */
const deepest = 32;
/** Elements in one child of the root, and characters of their text and of one tag. */
const mostElements = 4_096;
const mostText = 256 * 1024;
const longestTag = 16 * 1024;
/** Characters that are read before a tag's length is looked at. */
const sliceLength = 8 * 1024;

/** Reads XML that a stranger wrote: UTF-8, without document type, entities of its own, or whatever would be fetched from elsewhere. */
export class XmlReader {
  readonly #parser: SAXParser;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  readonly #listener: XmlListener;
  /** What is open, outermost first; the root is not among it. */
  readonly #open: { uri: string; local: string; children: XmlElement[]; text: string }[] = [];
  #hasRoot = false;
  #depth = 0;
  #bytes = 0;
  #elements = 0;
  #textLength = 0;
  #tagStart: number | undefined;

  private constructor(parser: SAXParser, listener: XmlListener) {
    this.#parser = parser;
    this.#listener = listener;
    parser.onerror = (error) => {
      throw malformed(error.message, error);
    };
    parser.ondoctype = () => {
      throw malformed("it has a document type");
    };
    parser.onprocessinginstruction = ({ name, body }) => checkDeclaration(name, body);
    parser.onopentagstart = () => (this.#tagStart = parser.position);
    parser.onopentag = (tag) => this.#opened(tag as XmlName);
    parser.ontext = parser.oncdata = (text) => this.#text(text);
    parser.onclosetag = () => this.#closed();
  }

  /** A reader for one document. Rejects with `missing-driver`. */
  static async open(listener: XmlListener): Promise<XmlReader> {
    const { parser } = await loadSax();
    // Only the five entities that XML itself has.
    const options = { xmlns: true, strictEntities: true };
    return new XmlReader(parser(true, options), listener);
  }

  /**
   * Takes the next bytes.
   *
   * @throws TransportError `protocol-error` for what is not well-formed, or beyond all measure; what the listener throws
   */
  write(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes > mostBytes) throw malformed("it is too long");
    this.#parse(this.#decode(bytes));
  }

  /** The document is said to be whole. Throws where it is not. */
  end(): void {
    this.#parse(this.#decode());
    this.#parser.close();
    if (!this.#hasRoot) throw malformed("there is nothing in it");
  }

  #decode(bytes?: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (cause) {
      throw malformed("it is not UTF-8", cause);
    }
  }

  #parse(text: string): void {
    for (let at = 0; at < text.length; at += sliceLength) {
      this.#parser.write(text.slice(at, at + sliceLength));
      if (this.#tagStart !== undefined && this.#parser.position - this.#tagStart > longestTag)
        throw malformed("a tag in it is too long");
    }
  }

  #opened({ uri, local }: XmlName): void {
    this.#tagStart = undefined;
    if (++this.#depth > deepest) throw malformed("it has too many elements in one another");
    if (this.#depth === 1) {
      if (this.#hasRoot) throw malformed("something follows its end");
      this.#hasRoot = true;
      return this.#listener.root({ uri, local });
    }
    if (++this.#elements > mostElements) throw malformed("an element in it has too many others in it");
    this.#open.push({ uri, local, children: [], text: "" });
  }

  #text(text: string): void {
    const element = this.#open.at(-1);
    if (element === undefined) return;
    this.#textLength += text.length;
    if (this.#textLength > mostText) throw malformed("a text in it is too long");
    element.text += text;
  }

  #closed(): void {
    this.#depth--;
    const element = this.#open.pop();
    if (element === undefined) return;
    const parent = this.#open.at(-1);
    if (parent !== undefined) return void parent.children.push(element);
    [this.#elements, this.#textLength] = [0, 0];
    this.#listener.item(element);
  }
}

function checkDeclaration(name: string, body: string): void {
  const encoding = name === "xml" ? /\bencoding\s*=\s*["']([^"']*)["']/.exec(body)?.[1] : undefined;
  if (encoding !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(encoding))
    throw malformed(`it is in ${oneLine(encoding)}, not in UTF-8`);
}

function malformed(reason: string, cause?: unknown): TransportError {
  const [line = ""] = reason.split("\n", 1);
  return new TransportError("protocol-error", `the server's XML cannot be read: ${oneLine(line)}`, { cause });
}

async function loadSax(): Promise<typeof import("sax")> {
  try {
    return (await import("sax")).default;
  } catch (cause) {
    throw new TransportError("missing-driver", "WebDAV needs the package sax, which cannot be loaded", {
      hint: "Install it: npm install sax@1",
      cause,
    });
  }
}
