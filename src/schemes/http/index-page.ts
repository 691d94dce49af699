import { readHtml } from "../../drivers/htmlparser2.ts";
import { TransportError } from "../../errors/transport-error.ts";

/** A link on a page, with what stands beside it. */
export interface IndexLink {
  /** As it stands in the page, entities decoded. */
  readonly href: string;
  /** The text between this link and the next, white space as one space. */
  readonly beside: string;
  /** A length in bytes and a date that the row says in its attributes, as text. */
  readonly size: string | undefined;
  readonly date: string | undefined;
}

/** What an index page says of a directory. */
export interface IndexPage {
  /** Whether it looks like one that a server makes of a directory, and not like somebody's page with links. */
  readonly isIndex: boolean;
  readonly links: readonly IndexLink[];
}

interface OpenLink {
  readonly href: string;
  beside: string;
  size: string | undefined;
  date: string | undefined;
}

/** What servers call their index pages: Apache, nginx and lighttpd; Python; Jetty; and what others have taken from them. */
const indexTitle = /^\s*(?:index of|directory listing (?:for|of)|directory:)/i;

/** Beside a link there is a date and a length; whatever is longer is a description. */
const maxBesideLength = 200;
/** What makes a title an index's stands at its beginning. */
const maxTitleLength = 200;
/** More than any directory has. */
const maxLinks = 1_000_000;

/**
 * Reads an index page of nginx, Apache, Python, Caddy, and what looks like them.
 *
 * Rejects with `protocol-error` for a page that is a trap, `missing-driver`.
 */
export async function readIndexPage(page: string): Promise<IndexPage> {
  const reader = new IndexReader();
  await readHtml(page, reader);
  return { isIndex: reader.isIndex, links: reader.links };
}

class IndexReader {
  isIndex = false;
  readonly #links: OpenLink[] = [];
  /** The text of the title or heading that is being read. */
  #title: string | undefined;
  #inLink = false;

  get links(): readonly IndexLink[] {
    return this.#links.map((link) => ({ ...link, beside: link.beside.replaceAll(/\s+/g, " ").trim() }));
  }

  open(tag: string, attributes: ReadonlyMap<string, string>): void {
    const last = this.#links.at(-1);
    if (tag === "title" || tag === "h1") this.#title = "";
    // Caddy's page has the directory's name for a title.
    if (tag === "tr" && attributes.get("class") === "file") this.isIndex = true;
    if (tag === "td" && last !== undefined) last.size ??= attributes.get("data-size") ?? attributes.get("data-order");
    if (tag === "time" && last !== undefined) last.date ??= attributes.get("datetime");
    const href = tag === "a" ? attributes.get("href") : undefined;
    if (href === undefined) return;
    if (/^https:\/\/caddyserver\.com\/?$/.test(href)) this.isIndex = true;
    this.#inLink = true;
    if (this.#links.length === maxLinks)
      throw new TransportError("protocol-error", `the index page has more than ${maxLinks} links`);
    this.#links.push({ href, beside: "", size: undefined, date: undefined });
  }

  text(text: string): void {
    if (this.#title !== undefined && this.#title.length < maxTitleLength) {
      this.#title += text.slice(0, maxTitleLength);
      if (indexTitle.test(this.#title)) this.isIndex = true;
    }
    const last = this.#links.at(-1);
    if (!this.#inLink && last !== undefined && last.beside.length < maxBesideLength)
      last.beside += text.slice(0, maxBesideLength);
  }

  close(tag: string): void {
    if (tag === "title" || tag === "h1") this.#title = undefined;
    if (tag === "a") this.#inLink = false;
    // What stands in two cells are two words.
    const last = this.#links.at(-1);
    if (tag === "td" && last !== undefined) last.beside += " ";
  }
}
