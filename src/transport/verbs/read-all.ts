import type { Readable } from "node:stream";

import { TransportError } from "../../errors/transport-error.ts";

/** Everything a stream gives; more than `maxBytes` destroys it and is `no-space`. */
export async function readAll(stream: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
}

/** What a file larger than the caller's limit is refused with. */
export function tooLarge(maxBytes: number): TransportError {
  return new TransportError("no-space", `the content is larger than maxBytes, ${maxBytes} bytes`, {
    hint: "Use get() and read it as a stream, ask for a range, or raise maxBytes",
  });
}
