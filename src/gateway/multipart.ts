import { randomUUID } from "node:crypto";

import type { ByteSpan } from "./ranges.ts";
import { contentRange, lengthOf } from "./ranges.ts";

/** The frame around the parts of one body (RFC 9110, 14.6). */
export interface Multipart {
  readonly contentType: string;
  /** What comes before each part. */
  readonly heads: readonly Buffer[];
  readonly tail: Buffer;
  /** Of all of it, the parts included. */
  readonly lengthBytes: number;
}

/** Frames the spans of a file of `size` bytes. Nobody who writes the file can know the boundary. */
export function multipartOf(spans: readonly ByteSpan[], contentType: string, size: number): Multipart {
  const boundary = randomUUID();
  const heads = spans.map((span, index) =>
    Buffer.from(
      `${index === 0 ? "" : "\r\n"}--${boundary}\r\ncontent-type: ${contentType}\r\ncontent-range: ${contentRange(span, size)}\r\n\r\n`,
    ),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const bytes = [...heads.map((head) => head.length), ...spans.map(lengthOf), tail.length];
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    heads,
    tail,
    lengthBytes: bytes.reduce((sum, length) => sum + length, 0),
  };
}
