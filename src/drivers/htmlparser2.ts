import { TransportError } from "../errors/transport-error.ts";

/** What a page consists of, in its order. */
export interface HtmlListener {
  /** Attributes by lower-case name. */
  open(tag: string, attributes: ReadonlyMap<string, string>): void;
  text(text: string): void;
  close(tag: string): void;
}

/** Tells a listener what stands in a page, however malformed it is. Nothing in it is run or fetched. */
export async function readHtml(page: string, listener: HtmlListener): Promise<void> {
  const { Parser } = await loadParser();
  let tag: string | undefined;
  let attributes = new Map<string, string>();
  // Attributes come one by one, so that no name that a server chose becomes the name of a property.
  const opened = (): void => {
    if (tag !== undefined) listener.open(tag, attributes);
    tag = undefined;
  };
  const parser = new Parser({
    onopentagname: (name) => {
      opened();
      tag = name;
      attributes = new Map();
    },
    onattribute: (name, value) => {
      if (!attributes.has(name)) attributes.set(name, value);
    },
    ontext: (text) => {
      opened();
      listener.text(text);
    },
    onclosetag: (name) => {
      opened();
      listener.close(name);
    },
    onend: opened,
  });
  parser.end(page);
}

async function loadParser(): Promise<typeof import("htmlparser2")> {
  try {
    return await import("htmlparser2");
  } catch (cause) {
    throw new TransportError("missing-driver", "index pages need the package htmlparser2, which cannot be loaded", {
      hint: "Install it: npm install htmlparser2@12",
      cause,
    });
  }
}
