import type { IncomingMessage } from "node:http";

import { deleteAll, mkcol } from "./webdav-collections.ts";
import { requireIf } from "./webdav-conditions.ts";
import { lock, unlock } from "./webdav-lock-methods.ts";
import { copy, move } from "./webdav-move-copy.ts";
import { propfind, proppatch } from "./webdav-propfind.ts";
import { put } from "./webdav-put.ts";
import type { WebdavReply } from "../../gateway/webdav/reply.ts";
import { WebdavRefusal } from "../../gateway/webdav/reply.ts";
import type { WebdavMethod, WebdavSite } from "./webdav-request.ts";
import { WebdavRequest } from "./webdav-request.ts";

const methods: Readonly<Record<string, WebdavMethod>> = {
  OPTIONS: ({ site }) => ({ status: 200, headers: { dav: classesOf(site), allow: allowed(site) } }),
  PROPFIND: propfind,
  PROPPATCH: proppatch,
  MKCOL: mkcol,
  PUT: put,
  DELETE: deleteAll,
  MOVE: move,
  COPY: copy,
};

const lockMethods: Readonly<Record<string, WebdavMethod>> = { LOCK: lock, UNLOCK: unlock };

/** Whether a request is one of WebDAV's: GET and HEAD are those of every web server. */
export function isWebdav(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** What a request comes to. Rejects only where its body was cut off. */
export async function webdavReply(
  site: WebdavSite,
  incoming: IncomingMessage,
  body: AsyncIterable<Buffer>,
): Promise<WebdavReply> {
  const known = methodsOf(site);
  const { method = "" } = incoming;
  try {
    const perform = Object.hasOwn(known, method) ? known[method] : undefined;
    if (perform === undefined) return { status: 405, headers: { allow: allowed(site) } };
    const request = new WebdavRequest(site, incoming, body);
    await requireIf(request);
    return await perform(request);
  } catch (error) {
    if (error instanceof WebdavRefusal) return error.reply;
    throw error;
  }
}

function methodsOf({ behaviour }: WebdavSite): Readonly<Record<string, WebdavMethod>> {
  return behaviour.locks ? { ...methods, ...lockMethods } : methods;
}

function classesOf({ behaviour }: WebdavSite): string {
  return behaviour.classes ?? (behaviour.locks ? "1, 2, 3" : "1, 3");
}

function allowed(site: WebdavSite): string {
  return ["GET", "HEAD", ...Object.keys(methodsOf(site))].join(", ");
}
