import type { Readable } from "node:stream";

import { TransportError, toTransportError } from "../errors/transport-error.ts";
import type { ByteSource } from "./verb-options.ts";

/**
 * Bytes on loan: good until they are given back, once, and then filled again. A large file that passes through the same few buffers costs half of what it
 * costs where each chunk ends as garbage.
 */
export interface LentChunk {
  readonly bytes: Buffer;
  readonly giveBack: () => void;
}

/** Begins to lend a stream's content, in chunks of so many bytes at most: answers with what gives the next one, or undefined at the end. */
export type Lending = (mostBytes: number) => () => Promise<LentChunk | undefined>;

/** The streams whose content can be borrowed, by what stands for them. */
const lenders = new WeakMap<object, { readonly stream: Readable; readonly lending: Lending }>();

/** Lets the content of a stream be borrowed by its only reader. Once that has begun the stream is not to be read in any other way. */
export function makeLender(stream: Readable, lending: Lending): void {
  lenders.set(stream, { stream, lending });
}

/** Lets `source` lend what another source does; `begins` is called when that happens, `passed` of each chunk that is given back. */
export function lendFor(
  source: object,
  other: object,
  { begins, passed }: { readonly begins?: () => void; readonly passed?: (bytes: number) => void },
): void {
  const lender = lenders.get(other);
  if (lender === undefined) return;
  const lending: Lending = (mostBytes) => {
    begins?.();
    const next = lender.lending(mostBytes);
    if (passed === undefined) return next;
    return async () => {
      const chunk = await next();
      if (chunk === undefined) return undefined;
      const giveBack = (): void => {
        passed(chunk.bytes.length);
        chunk.giveBack();
      };
      return { bytes: chunk.bytes, giveBack };
    };
  };
  lenders.set(source, { stream: lender.stream, lending });
}

/**
 * Borrows the content of a source that nobody has begun to read; undefined where it has none to lend. Whoever ends this before its end destroys the
 * stream, as with any stream that is iterated over.
 */
export function borrowChunks(source: ByteSource, mostBytes: number): AsyncGenerator<LentChunk, void> | undefined {
  const lender = typeof source === "object" ? lenders.get(source) : undefined;
  if (lender === undefined || isTouched(lender.stream)) return undefined;
  return borrow(lender.stream, lender.lending(mostBytes));
}

function isTouched(stream: Readable): boolean {
  return stream.destroyed || stream.readableDidRead || stream.readableFlowing !== null || stream.readableLength > 0;
}

async function* borrow(stream: Readable, next: () => Promise<LentChunk | undefined>): AsyncGenerator<LentChunk, void> {
  let giveUp: ((reason: Error) => void) | undefined;
  const closed = (): void => giveUp?.(stream.errored ?? new TransportError("aborted", "the stream was destroyed"));
  stream.once("close", closed);
  let ended = false;
  try {
    for (;;) {
      const chunk = await new Promise<LentChunk | undefined>((resolve, reject) => {
        giveUp = reject;
        if (stream.destroyed) closed();
        else next().then(resolve, reject);
      });
      ended = chunk === undefined;
      if (chunk === undefined) return;
      yield chunk;
    }
  } catch (error) {
    stream.destroy(toTransportError(error));
    throw error;
  } finally {
    stream.off("close", closed);
    if (ended) {
      // Whoever waits for the stream's end is told of it.
      stream.push(null);
      stream.resume();
    } else {
      stream.destroy();
    }
  }
}
