import type { GatewayRequest } from "../gateway-request.ts";
import { answer, sendBody, sendHead } from "../answer.ts";
import type { GatewayMethod, GatewayMethods } from "../methods.ts";
import { mkcol, remove } from "./collections.ts";
import { requireIf } from "./if-conditions.ts";
import { lock, unlock } from "./lock-methods.ts";
import { WebdavLocks } from "./locks.ts";
import { gathered, gatheredLength } from "./gathered.ts";
import { copy, move } from "./move-copy.ts";
import { propfind } from "./propfind.ts";
import { proppatch } from "./proppatch.ts";
import { put } from "./put.ts";
import type { WebdavReply } from "./reply.ts";
import { WebdavRefusal } from "./reply.ts";
import { TokenDoor } from "./token-door.ts";
import { Turns } from "./turns.ts";
import type { WebdavMethod, WebdavSite } from "./webdav-request.ts";
import { WebdavRequest } from "./webdav-request.ts";
import type { WritableOptions } from "./writable-options.ts";

/** What changes something, and is for those alone who show the token. */
const changes: Readonly<Record<string, WebdavMethod>> = {
  PROPPATCH: proppatch,
  MKCOL: mkcol,
  PUT: put,
  DELETE: remove,
  MOVE: move,
  COPY: copy,
  LOCK: lock,
  UNLOCK: unlock,
};

/** What is done with what is there. */
const allowedThere = [
  "OPTIONS",
  "GET",
  "HEAD",
  "PROPFIND",
  "PROPPATCH",
  "DELETE",
  "MOVE",
  "COPY",
  "LOCK",
  "UNLOCK",
].join(", ");

/**
 * What a gateway understands that speaks WebDAV (RFC 4918), beside what it reads by. Where it is `writable` that is for those who show the token; where it is not,
 * it is PROPFIND alone, for everybody.
 *
 * @throws TransportError `unsupported` for a token that is too short
 */
export function withWebdav(reading: GatewayMethods, writable?: WritableOptions): GatewayMethods {
  const door = writable === undefined ? undefined : new TokenDoor(writable.token);
  const readersDoor = writable?.private === true ? door : undefined;
  const site: WebdavSite = { locks: new WebdavLocks(), turns: new Turns(), writable: door !== undefined };
  const methods = new Map<string, GatewayMethod>();
  for (const [name, method] of reading) methods.set(name, behind(readersDoor, method));
  // Whoever comes by WebDAV to a gateway that can be written through may be about to write. Clients that are asked who they are by their first request say so with
  // all others; asked in the middle of an upload, they would have to begin it anew.
  methods.set("PROPFIND", behind(door, asGatewayMethod(site, propfind)));
  if (door !== undefined)
    for (const [name, method] of Object.entries(changes))
      methods.set(name, behind(door, asGatewayMethod(site, method)));
  const allow = [...methods.keys()].join(", ");
  // Class 2 is locks: without them file managers know that nothing can be changed. The last is for Microsoft's clients.
  const classes = { allow, dav: door === undefined ? "1" : "1, 2", "ms-author-via": "DAV" };
  return methods.set("OPTIONS", async (request) => answer(request, 200, "", classes));
}

function behind(door: TokenDoor | undefined, method: GatewayMethod): GatewayMethod {
  if (door === undefined) return method;
  return async (request) => {
    door.enter(request.header("authorization"));
    await method(request);
  };
}

function asGatewayMethod(site: WebdavSite, method: WebdavMethod): GatewayMethod {
  return async (gateway) => await send(gateway, await replyTo(site, gateway, method));
}

async function replyTo(site: WebdavSite, gateway: GatewayRequest, method: WebdavMethod): Promise<WebdavReply> {
  try {
    const request = new WebdavRequest(site, gateway);
    await requireIf(request);
    return await method(request);
  } catch (error) {
    if (!(error instanceof WebdavRefusal)) throw error;
    const { reply } = error;
    return reply.status === 405 ? { ...reply, headers: { allow: allowedThere } } : reply;
  }
}

/** What is short is sent in one piece; what is long as it comes. */
async function send(gateway: GatewayRequest, { status, headers, body = "" }: WebdavReply): Promise<void> {
  const type = body === "" ? {} : { "content-type": "application/xml; charset=utf-8" };
  if (typeof body === "string") return answer(gateway, status, body, { ...type, ...headers });
  const pieces = gathered(body);
  // What fails by then, as the listing of a directory that must not be read, is answered with a refusal.
  const { value: first = "" } = await pieces.next();
  if (first.length < gatheredLength) return answer(gateway, status, first, { ...type, ...headers });
  sendHead(gateway, status, { ...type, ...headers });
  gateway.response.write(first);
  await sendBody(gateway, pieces);
}
