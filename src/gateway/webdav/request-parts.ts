import { refusal } from "./reply.ts";
import type { XmlElement } from "./xml.ts";
import { parseXml } from "./xml.ts";

/** How far below a place a request reaches (RFC 4918, 10.2). */
export type Depth = "0" | "1" | "infinity";

/** What a `Depth` header says; `usual` where there is none. Throws a refusal for what is no depth. */
export function depthIn(header: string | undefined, usual: "0" | "infinity"): Depth {
  const depth = header?.toLowerCase() ?? usual;
  if (depth !== "0" && depth !== "1" && depth !== "infinity") throw refusal(400);
  return depth;
}

/** All of a body. Throws a refusal for one that is longer than `maxBytes`. */
export async function wholeBody(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) throw refusal(413);
  }
  return Buffer.concat(chunks);
}

/** The document that a body is. Throws a refusal for what is not XML. */
export function documentIn(bytes: Buffer): XmlElement {
  const document = parseXml(bytes.toString("utf8"));
  if (document === undefined) throw refusal(400);
  return document;
}
