import { posix } from "node:path";

import type { Dispatcher } from "undici";
import { Client } from "undici";

import type { Peer, PeerSession } from "./peer.ts";

/** Bare `undici`, a client for each location, and the methods of WebDAV where something is written or listed. */
export class UndiciPeer implements Peer {
  readonly name = "undici";
  readonly #ca: string | undefined;

  /** `ca` signed the certificates of servers of `https:`. */
  constructor(ca?: string) {
    this.#ca = ca;
  }

  connect(url: string): Promise<PeerSession> {
    const { origin, pathname } = new URL(url.replace(/^dav:/, "http:"));
    const client = new Client(origin, this.#ca === undefined ? {} : { connect: { ca: this.#ca } });
    return Promise.resolve(session(client, pathname));
  }
}

type Ask = (method: string, path: string, more?: Partial<Dispatcher.RequestOptions>) => Promise<Answer>;

interface Answer {
  readonly status: number;
  readonly text: string;
}

function session(client: Client, base: string): PeerSession {
  const ask: Ask = async (method, path, more = {}) => {
    const request = { ...more, method: method as Dispatcher.HttpMethod, path: posix.join(base, path) };
    const { statusCode, body } = await client.request(request);
    return { status: statusCode, text: await body.text() };
  };
  const done = async (...request: Parameters<Ask>): Promise<string> => {
    const { status, text } = await ask(...request);
    if (status >= 300) throw new Error(`${request[0]} ${request[1]} is answered with ${status}`);
    return text;
  };
  return {
    has: async (path) => (await ask("HEAD", path)).status < 300,
    mkdir: async (path) => void (await done("MKCOL", path)),
    list: async (path) => memberNames(await done("PROPFIND", posix.join(path, "/"), { headers: { depth: "1" } })),
    read: (path) => done("GET", path),
    write: async (path, content) => void (await done("PUT", path, { body: content })),
    end: () => client.close(),
  };
}

/** The last segments of what an answer to PROPFIND names, but for the collection itself, which is the shortest. */
function memberNames(multistatus: string): readonly string[] {
  const hrefs = [...multistatus.matchAll(/<(?:\w+:)?href>([^<]*)</g)].map(([, href = ""]) => href);
  const [, ...members] = hrefs.toSorted((one, other) => one.length - other.length);
  return members.map((href) => decodeURIComponent(posix.basename(href))).toSorted();
}
