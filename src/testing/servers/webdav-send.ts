import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";

import type { WebdavReply } from "../../gateway/webdav/reply.ts";

/** Sends a reply. What comes in pieces is sent in chunks, unless a length is wanted. */
export async function sendReply(
  response: ServerResponse,
  { status, headers, body = "" }: WebdavReply,
  how: { readonly length: boolean },
): Promise<void> {
  const type = body === "" ? {} : { "content-type": "application/xml; charset=utf-8" };
  if (typeof body === "string" || how.length) {
    const bytes = Buffer.from(typeof body === "string" ? body : await joined(body));
    const length = status === 204 ? {} : { "content-length": bytes.length };
    response.writeHead(status, { ...type, ...length, ...headers }).end(bytes);
  } else {
    response.writeHead(status, { ...type, ...headers });
    await pipeline(body, response);
  }
}

async function joined(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}
