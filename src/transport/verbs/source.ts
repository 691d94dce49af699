import { whenAborted } from "../../connection/abort.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { LentChunk } from "../lent-chunks.ts";
import { borrowChunks } from "../lent-chunks.ts";
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

/** Whether content can be sent from its beginning again. */
export function isInMemory(source: ByteSource): source is string | Uint8Array {
  return typeof source === "string" || source instanceof Uint8Array;
}

/** The content as an iterable, whatever it came as; it ends with `aborted` when the operation's signal says so, also while the source is awaited. */
export async function* chunksOf(source: ByteSource, operation?: Operation): AsyncGenerator<Uint8Array> {
  if (typeof source === "string") yield Buffer.from(source, "utf8");
  else if (source instanceof Uint8Array) yield source;
  else for await (const chunk of untilAborted(source, operation)) yield checkChunk(chunk);
}

/** The content as chunks that are lent, where its source has not been read from and lends them; it ends as that of `chunksOf` does. */
export function lentChunksOf(
  source: ByteSource,
  mostBytes: number,
  operation?: Operation,
): AsyncIterable<LentChunk> | undefined {
  const lent = borrowChunks(source, mostBytes);
  return lent && untilAborted(lent, operation);
}

function untilAborted<T>(source: AsyncIterable<T>, operation: Operation | undefined): AsyncIterable<T> {
  const signal = operation?.signal;
  return signal === undefined ? source : untilSignal(source, operation as Operation, signal);
}

async function* untilSignal<T>(source: AsyncIterable<T>, operation: Operation, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let giveUp: ((reason: unknown) => void) | undefined;
  const stopListening = whenAborted(signal, () => giveUp?.(abortedError(operation)));
  let state: "awaited" | "given" | "over" = "given";
  try {
    for (;;) {
      if (signal.aborted) throw abortedError(operation);
      state = "awaited";
      const { done, value } = await new Promise<IteratorResult<T>>((resolve, reject) => {
        giveUp = reject;
        iterator.next().then(resolve, (error: unknown) => {
          state = "over";
          reject(error);
        });
      });
      state = done === true ? "over" : "given";
      if (done === true) return;
      yield value;
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
