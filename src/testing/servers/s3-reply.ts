import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** What an operation comes to. */
export interface S3Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** XML, or content of a length. */
  readonly body?: string | { readonly sizeBytes: number; readonly content: AsyncIterable<Buffer> };
}

/** XML in the making: a name and what is in it. What is undefined is left out. */
export type S3Element = readonly [
  name: string,
  content: string | number | boolean | Date | undefined | readonly S3Element[],
];

/** A document of S3. */
export function xmlReply(root: string, content: readonly S3Element[]): S3Reply {
  const text = content.map(elementText).join("");
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${text}</${root}>`,
  };
}

function elementText([name, content]: S3Element): string {
  if (content === undefined) return "";
  if (typeof content === "object" && !(content instanceof Date))
    return `<${name}>${content.map(elementText).join("")}</${name}>`;
  return `<${name}>${escaped(content instanceof Date ? content.toISOString() : String(content))}</${name}>`;
}

/** Control characters are written as S3 writes them, which XML 1.0 does not allow. */
function escaped(text: string): string {
  return text.replaceAll(
    /[&<>"\u0000-\u001F\uFFFE\uFFFF]/g,
    (character) => `&#x${character.charCodeAt(0).toString(16)};`,
  );
}

/** Sends a reply; to a HEAD without its body. */
export async function sendReply(
  response: ServerResponse,
  method: string,
  { status, headers = {}, body = "" }: S3Reply,
): Promise<void> {
  const sizeBytes = typeof body === "string" ? Buffer.byteLength(body) : body.sizeBytes;
  const hasLength = status !== 204 && status !== 304;
  response.writeHead(status, { ...(hasLength ? { "content-length": sizeBytes } : {}), ...headers });
  if (method === "HEAD" || !hasLength) return void response.end();
  if (typeof body === "string") return void response.end(body);
  await pipeline(Readable.from(body.content, { objectMode: false }), response);
}
