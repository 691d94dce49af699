import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";

import { dropRest } from "./drop-rest.ts";
import type { GatewayRequest } from "./gateway-request.ts";
import type { Refusal } from "./refusal.ts";

type Headers = Readonly<Record<string, string | number>>;

/** What every answer says, whatever it is: nothing in it is more than the text, picture or page that it is, and it is nobody else's. */
const always: Headers = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  // Another site may neither embed a file nor run it as its script.
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": "default-src 'none'; sandbox",
  // A file may change at any time: whoever keeps a copy asks whether it is still the same.
  "cache-control": "private, no-cache",
};

/** Sends the head of an answer. */
export function sendHead(request: GatewayRequest, status: number, headers: Headers): void {
  dropRest(request);
  request.response.writeHead(status, { ...always, ...headers });
}

/** Sends a short answer; a text unless its headers say otherwise. */
export function answer(
  request: GatewayRequest,
  status: number,
  body: string | Uint8Array = "",
  headers: Headers = {},
): void {
  const bytes = Buffer.from(body);
  const isBare = status === 204 || status === 304;
  sendHead(request, status, {
    ...(!isBare && { "content-length": bytes.length }),
    ...(bytes.length > 0 && { "content-type": "text/plain; charset=utf-8" }),
    ...headers,
  });
  request.response.end(request.method === "HEAD" || isBare ? undefined : bytes);
}

/** Answers with a status and a line that says why. */
export function refuse(request: GatewayRequest, { status, message, headers }: Refusal): void {
  answer(request, status, `${status} ${STATUS_CODES[status] ?? ""}: ${message}\n`, headers);
}

/** Sends a body at the pace of whoever reads it, and ends the answer. Rejects when the reader has gone. */
export async function sendBody(
  { response, signal }: GatewayRequest,
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
): Promise<void> {
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    if (!response.write(chunk)) await once(response, "drain", { signal });
  }
  response.end();
}

/** Ends an answer that cannot be completed so that nobody takes it for a complete one, whatever its framing. */
export function cut(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
  response.destroy();
}
