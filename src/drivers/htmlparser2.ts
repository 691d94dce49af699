import { lazyPackage } from "./lazy-package.ts";
import { setImmediate } from "node:timers/promises";

import { TransportError } from "../errors/transport-error.ts";

/** What a page consists of, in its order. */
export interface HtmlListener {
  /** Attributes by lower-case name. */
  open(tag: string, attributes: ReadonlyMap<string, string>): void;
  text(text: string): void;
  close(tag: string): void;
}

/** Elements within elements. Browsers stop there, too; what the parser has to do grows with the depth at each tag. */
const deepest = 512;
/** Characters that are read before others have their turn. */
const sliceLength = 128 * 1024;

/**
 * Tells a listener what stands in a page, however malformed it is. Nothing in it is run or fetched. Rejects with what the listener throws,
 * `protocol-error` for a page without bottom, `missing-driver`.
 */
export async function readHtml(page: string, listener: HtmlListener): Promise<void> {
  const { Parser } = await loadParser();
  let tag: string | undefined;
  let attributes = new Map<string, string>();
  let depth = 0;
  // Attributes come one by one, so that no name that a server chose becomes the name of a property.
  const opened = (): void => {
    if (tag !== undefined) listener.open(tag, attributes);
    tag = undefined;
  };
  const parser = new Parser({
    onopentagname: (name) => {
      opened();
      if (++depth > deepest)
        throw new TransportError("protocol-error", "the page has too many elements in one another");
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
      depth--;
      listener.close(name);
    },
    onend: opened,
  });
  for (let at = 0; at < page.length; at += sliceLength) {
    if (at > 0) await setImmediate();
    parser.write(page.slice(at, at + sliceLength));
  }
  parser.end();
}

const loadParser: () => Promise<typeof import("htmlparser2")> = lazyPackage({
  name: "htmlparser2",
  needs: "index pages need",
  install: "htmlparser2@12",
  load: () => import("htmlparser2"),
});
