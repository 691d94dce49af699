import { TransportError } from "../../errors/transport-error.ts";
import type { ByteSource } from "../verb-options.ts";

/** Text as its UTF-8 bytes, bytes as they are, an iterable as it is; anything else is refused before anything is sent. */
export function checkSource(source: ByteSource): Uint8Array | AsyncIterable<Uint8Array> {
  if (typeof source === "string") return Buffer.from(source, "utf8");
  if (source instanceof Uint8Array) return source;
  if (typeof source === "object" && source !== null && Symbol.asyncIterator in source) return source;
  throw new TransportError("unsupported", "the content must be a Uint8Array, a string or an async iterable of Uint8Arrays", {
    hint: "Wrap anything else: Readable.from(…), Buffer.from(…)",
  });
}

/** The content as an iterable, whatever it came as. */
export async function* chunksOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  if (typeof source === "string") yield Buffer.from(source, "utf8");
  else if (source instanceof Uint8Array) yield source;
  else for await (const chunk of source) yield checkChunk(chunk);
}

/** A chunk that an iterable gave: text is taken as UTF-8, since streams of strings are easily made by mistake. */
function checkChunk(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === "string") return Buffer.from(chunk, "utf8");
  throw new TransportError("unsupported", `the content's iterable gave a ${typeof chunk} where bytes were expected`);
}
