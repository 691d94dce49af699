import { TransportError } from "../errors/transport-error.ts";
import { smallRangeBytes } from "./defaults.ts";
import type { GatewayRequest } from "./gateway-request.ts";
import type { Multipart } from "./multipart.ts";
import type { ByteSpan } from "./ranges.ts";
import { lengthOf } from "./ranges.ts";

/** What an answer's body is made of; it comes while somebody takes it. The file is open once the first of it is there, and closed with the generator. */
export type Content = AsyncGenerator<Uint8Array, void, void>;

/** Exactly the bytes of a span, or a failure; all of what has no length that could be known. */
export async function* spanContent({ transport, path, signal }: GatewayRequest, span: ByteSpan | undefined): Content {
  const length = span === undefined ? undefined : lengthOf(span);
  let left = length ?? Infinity;
  const stream = await transport.get(path, { offset: span?.first, length, signal });
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    left -= chunk.length;
    if (left < 0) throw changed();
    yield chunk;
  }
  if (length !== undefined && left > 0) throw changed();
}

/** Many spans, framed as the parts of one body. */
export async function* partsContent(
  request: GatewayRequest,
  spans: readonly ByteSpan[],
  { heads, tail }: Multipart,
): Content {
  let part = 0;
  for await (const content of contents(request, spans)) {
    try {
      const first = await content.next();
      yield heads[part++] as Buffer;
      if (first.done !== true) yield first.value;
      yield* content;
    } finally {
      await content.return();
    }
  }
  yield tail;
}

/** Short spans are read together; of longer ones no more is in memory than of one. */
async function* contents(request: GatewayRequest, spans: readonly ByteSpan[]): AsyncGenerator<Content> {
  if (spans.some((span) => lengthOf(span) > smallRangeBytes)) {
    for (const span of spans) yield spanContent(request, span);
    return;
  }
  const { transport, path, signal } = request;
  const ranges = spans.map((span) => ({ offset: span.first, length: lengthOf(span) }));
  for await (const bytes of transport.readv(path, ranges, { signal })) yield only(bytes);
}

async function* only(bytes: Uint8Array): Content {
  yield bytes;
}

/**
 * The rest of content whose first is there. The last of it waits until `isUnchanged` was asked: an answer that ends is one that may be believed. Where the length
 * is not known, and `lengthBytes` 0, each chunk may be the last, and waits for the next.
 */
export async function* confirmed(
  first: IteratorResult<Uint8Array, void>,
  rest: Content,
  lengthBytes: number,
  isUnchanged: () => Promise<boolean>,
): Content {
  try {
    let held: Uint8Array | undefined;
    let left = lengthBytes;
    for (let next = first; next.done !== true; next = await rest.next()) {
      if (held !== undefined) yield held;
      held = next.value;
      left -= held.length;
      if (left <= 0) continue;
      yield held;
      held = undefined;
    }
    if (!(await isUnchanged())) throw changed();
    if (held !== undefined) yield held;
  } finally {
    await rest.return();
  }
}

function changed(): TransportError {
  return new TransportError("short-read", "the file was changed while it was read");
}
