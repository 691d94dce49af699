import { whenAborted } from "../../connection/abort.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../operation.ts";
import { abortedError } from "../operation.ts";
import type { ByteSource } from "../verb-options.ts";

/** Text as its UTF-8 bytes, bytes as they are, an iterable as it is; anything else is refused before anything is sent. */
export function checkSource(source: ByteSource): Uint8Array | AsyncIterable<Uint8Array> {
  if (typeof source === "string") return Buffer.from(source, "utf8");
  if (source instanceof Uint8Array) return source;
  if (typeof source === "object" && source !== null && Symbol.asyncIterator in source) return source;
  throw new TransportError(
    "unsupported",
    "the content must be a Uint8Array, a string or an async iterable of Uint8Arrays",
    {
      hint: "Wrap anything else: Readable.from(…), Buffer.from(…)",
    },
  );
}

/** The content as an iterable, whatever it came as; it ends with `aborted` when the operation's signal says so, also while the source is awaited. */
export async function* chunksOf(source: ByteSource, operation?: Operation): AsyncGenerator<Uint8Array> {
  if (typeof source === "string") yield Buffer.from(source, "utf8");
  else if (source instanceof Uint8Array) yield source;
  else if (operation?.signal === undefined) for await (const chunk of source) yield checkChunk(chunk);
  else yield* untilAborted(source, operation, operation.signal);
}

async function* untilAborted(
  source: AsyncIterable<Uint8Array>,
  operation: Operation,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let giveUp: ((reason: unknown) => void) | undefined;
  const stopListening = whenAborted(signal, () => giveUp?.(abortedError(operation)));
  let state: "awaited" | "given" | "over" = "given";
  try {
    for (;;) {
      if (signal.aborted) throw abortedError(operation);
      state = "awaited";
      const { done, value } = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        giveUp = reject;
        iterator.next().then(resolve, (error: unknown) => {
          state = "over";
          reject(error);
        });
      });
      state = done === true ? "over" : "given";
      if (done === true) return;
      yield checkChunk(value);
    }
  } finally {
    stopListening();
    const closing = state === "over" ? undefined : iterator.return?.();
    // A source that is awaited may never answer, so that its end is not waited for; it was given up, and its failures are nobody's.
    if (state === "awaited") closing?.catch(() => undefined);
    else await closing;
  }
}

/** A chunk that an iterable gave: text is taken as UTF-8, since streams of strings are easily made by mistake. */
function checkChunk(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === "string") return Buffer.from(chunk, "utf8");
  throw new TransportError("unsupported", `the content's iterable gave a ${typeof chunk} where bytes were expected`);
}
