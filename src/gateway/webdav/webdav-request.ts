import type { Transport } from "../../transport/transport.ts";
import type { GatewayRequest } from "../gateway-request.ts";
import type { WebdavLocks } from "./locks.ts";
import type { WebdavReply } from "./reply.ts";
import type { Depth } from "./request-parts.ts";
import { depthIn, documentIn, wholeBody } from "./request-parts.ts";
import type { Turns } from "./turns.ts";
import type { XmlElement } from "./xml.ts";

/** What all requests to one gateway have in common. */
export interface WebdavSite {
  /** None are ever held where nothing can be changed. */
  readonly locks: WebdavLocks;
  readonly turns: Turns;
  readonly writable: boolean;
}

/** What a method makes of a request. What it throws that is no refusal is answered as the gateway answers failures. */
export type WebdavMethod = (request: WebdavRequest) => Promise<WebdavReply>;

/** Where a request target, or a `Destination`, leads. */
export interface WebdavPlace {
  /** Plain text from the gateway's root, `/a/b`. */
  readonly path: string;
  /** Whether there was a slash behind it. */
  readonly slash: boolean;
}

/** What clients describe takes no more; larger documents are somebody's attack. */
const maxDocumentBytes = 64 * 1024;

/** A request to a gateway, as WebDAV reads it. */
export class WebdavRequest {
  readonly site: WebdavSite;
  readonly gateway: GatewayRequest;
  readonly place: WebdavPlace;
  /** The lock tokens that the client shows. */
  tokens: ReadonlySet<string> = new Set();

  constructor(site: WebdavSite, gateway: GatewayRequest) {
    this.site = site;
    this.gateway = gateway;
    this.place = { path: `/${gateway.path}`, slash: gateway.slash };
  }

  get transport(): Transport {
    return this.gateway.transport;
  }

  /** The value of a header field, by its lower-case name. */
  header(name: string): string | undefined {
    return this.gateway.header(name);
  }

  /** Where a URL of this gateway, or a path, in a header leads. Throws a refusal for what is neither. */
  target(text: string): WebdavPlace {
    const { path, slash } = this.gateway.target(text);
    return { path: `/${path}`, slash };
  }

  /** `Depth`. Throws a refusal for what is none. */
  depth(usual: "0" | "infinity"): Depth {
    return depthIn(this.header("depth"), usual);
  }

  /** The body as it comes. Throws where it is cut off; whoever stops reading it may still answer. */
  body(): AsyncIterable<Buffer> {
    return this.gateway.body().iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  }

  /** The document in the body; undefined where there is none. Throws a refusal for what is not XML, or too long. */
  async document(): Promise<XmlElement | undefined> {
    const bytes = await this.bytes();
    if (bytes.length === 0) return undefined;
    return documentIn(bytes);
  }

  /** The body, where it is not long. */
  bytes(): Promise<Buffer> {
    return wholeBody(this.body(), maxDocumentBytes);
  }
}

/** A path as a verb of the transport takes it. */
export function below(path: string): string {
  return path.slice(1);
}
