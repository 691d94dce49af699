import { PassThrough } from "node:stream";

import type { LendingStreams } from "../../src/index.ts";

/** Two ends of a channel of bytes in this process, all of which can be looked at. */
export interface WatchedChannel {
  readonly lender: LendingStreams;
  readonly borrower: LendingStreams;
  /** Every byte that has crossed, in both directions. */
  crossed(): Buffer;
}

export function watchedChannel(): WatchedChannel {
  const [toLender, toBorrower] = [new PassThrough(), new PassThrough()];
  const chunks: Buffer[] = [];
  for (const stream of [toLender, toBorrower]) {
    const write = stream.write.bind(stream) as (chunk: Buffer) => boolean;
    stream.write = ((chunk: Buffer) => {
      chunks.push(Buffer.from(chunk));
      return write(chunk);
    }) as typeof stream.write;
  }
  return {
    lender: { readable: toLender, writable: toBorrower },
    borrower: { readable: toBorrower, writable: toLender },
    crossed: () => Buffer.concat(chunks),
  };
}

/** A frame as the protocol has it: both lengths, the head, the body. */
export function frame(head: unknown, body: Uint8Array = new Uint8Array()): Buffer {
  const text = Buffer.from(typeof head === "string" ? head : JSON.stringify(head));
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32BE(text.length, 0);
  prefix.writeUInt32BE(body.length, 4);
  return Buffer.concat([prefix, text, body]);
}

/** The heads of the frames that are in some bytes. */
export function headsIn(bytes: Buffer): Record<string, unknown>[] {
  const heads: Record<string, unknown>[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const [head, body] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
    if (at + 8 + head + body > bytes.length) break;
    heads.push(JSON.parse(bytes.toString("utf8", at + 8, at + 8 + head)) as Record<string, unknown>);
    at += 8 + head + body;
  }
  return heads;
}
