import type { IncomingMessage } from "node:http";

import type { FileTree } from "../../schemes/memory/file-tree.ts";
import type { WebdavBehaviour, WebdavCase } from "./webdav-behaviour.ts";
import { usualStatuses } from "./webdav-behaviour.ts";
import type { WebdavLocks } from "../../gateway/webdav/locks.ts";
import type { Finding, WebdavPlace } from "./webdav-place.ts";
import { hrefOf } from "../../gateway/webdav/paths.ts";
import { findIn, placeOf } from "./webdav-place.ts";
import type { WebdavReply } from "../../gateway/webdav/reply.ts";
import { WebdavRefusal, refusal } from "../../gateway/webdav/reply.ts";
import type { Depth } from "../../gateway/webdav/request-parts.ts";
import { depthIn, documentIn, wholeBody } from "../../gateway/webdav/request-parts.ts";
import type { XmlElement } from "../../gateway/webdav/xml.ts";

/** What all requests to one server have in common. */
export interface WebdavSite {
  readonly tree: FileTree;
  readonly locks: WebdavLocks;
  readonly behaviour: WebdavBehaviour;
  readonly scheme: "http" | "https";
  readonly etags: "strong" | "weak" | "none";
  /** No lock is granted for longer. */
  readonly maxLockMs: number;
}

/** What a method makes of a request. */
export type WebdavMethod = (request: WebdavRequest) => WebdavReply | Promise<WebdavReply>;

/** What clients describe takes no more; larger documents are somebody's attack. */
const maxDocumentBytes = 1024 * 1024;

/** A request to a server that speaks WebDAV. */
export class WebdavRequest {
  readonly site: WebdavSite;
  readonly method: string;
  /** Path and query as they were asked for. */
  readonly asked: string;
  readonly place: WebdavPlace;
  readonly body: AsyncIterable<Buffer>;
  /** The lock tokens that the client shows. */
  tokens: ReadonlySet<string> = new Set();
  readonly #headers: IncomingMessage["headers"];

  constructor(site: WebdavSite, { method = "", url = "/", headers }: IncomingMessage, body: AsyncIterable<Buffer>) {
    this.site = site;
    this.method = method;
    this.body = body;
    this.#headers = headers;
    this.asked = url;
    this.place = placeOf(url);
  }

  /** The value of a header field, by its lower-case name. */
  header(name: string): string | undefined {
    const value = this.#headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  /** The host and port that the client believes it asks. */
  get authority(): string {
    return this.header(":authority") ?? this.header("host") ?? "";
  }

  /** The path of a URL on this server, from a header; a whole URL must be of this very server. */
  target(text: string): WebdavPlace {
    if (text.startsWith("/") && !text.startsWith("//")) return placeOf(text);
    const origin = `${this.site.scheme}://${this.authority}`;
    if (!text.toLowerCase().startsWith(`${origin.toLowerCase()}/`))
      throw refusal(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? 502 : 400);
    return placeOf(text.slice(origin.length));
  }

  /**
   * What is at a place. Throws what the server says of a directory without its slash, and of a file with one; a redirect leads to `place`, also
   * where that is not what was asked for, as Apache has it.
   */
  find(place: WebdavPlace): Finding {
    const finding = findIn(this.site.tree, place.path);
    const { directorySlash, fileSlash } = this.site.behaviour;
    if (finding.kind === "directory" && !place.slash && place.path !== "/") {
      if (directorySlash === "required" && this.method !== "PROPFIND") throw refusal(409);
      if (directorySlash === "redirected") throw new WebdavRefusal(this.#slashMissing(place));
    }
    if (finding.kind === "file" && place.slash && fileSlash !== "ignored") throw refusal(fileSlash);
    return finding;
  }

  /** A refusal for what a method met, with the status that this kind of server gives. */
  refusal(met: WebdavCase): WebdavRefusal {
    return refusal(this.site.behaviour.statuses[met] ?? usualStatuses[met]);
  }

  /** `Depth`. Throws a refusal for what is none. */
  depth(usual: "0" | "infinity"): Depth {
    return depthIn(this.header("depth"), usual);
  }

  /** The document in the body; undefined where there is none. Throws a refusal for what is not XML. */
  async document(): Promise<XmlElement | undefined> {
    const bytes = await this.bytes();
    if (bytes.length === 0) return undefined;
    const type = this.header("content-type")?.toLowerCase();
    if (type !== undefined && !/^(?:application|text)\/xml\s*(?:;|$)/.test(type)) throw refusal(415);
    return documentIn(bytes);
  }

  /** The body, where it is not long. */
  bytes(): Promise<Buffer> {
    return wholeBody(this.body, maxDocumentBytes);
  }

  #slashMissing({ path }: WebdavPlace): WebdavReply {
    const location = `${this.site.scheme}://${this.authority}${hrefOf(path, true)}`;
    return { status: 301, headers: { location } };
  }
}
