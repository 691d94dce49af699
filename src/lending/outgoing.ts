import { Writable } from "node:stream";

import { abortedWith, whenAborted } from "../connection/abort.ts";
import { deferred } from "../connection/deferred.ts";
import { isTransportError, toTransportError } from "../errors/transport-error.ts";
import type { Operation } from "../transport/operation.ts";
import { abortedError, failureAt } from "../transport/operation.ts";
import { chunksOf } from "../transport/verbs/source.ts";
import type { Location } from "../url/location.ts";
import type { Borrower, Call } from "./borrower.ts";
import { pieceBytes } from "./messages.ts";
import type { OpenCall } from "./open-call.ts";

/** Taken while something is being written, and then sent together. */
const gatheredBytes = 1024 * 1024;

/** Content on its way to the lender, as far as that asks for it. */
class Outgoing {
  readonly #call: OpenCall;
  #credit = 0;
  #unsettled = 0;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(call: OpenCall) {
    this.#call = call;
    const over = (): void => {
      this.#isOver = true;
      this.#wake?.();
    };
    call.answer.then(over, over);
  }

  /** So many bytes may be sent. */
  grant(bytes: number): void {
    this.#credit += bytes;
    this.#wake?.();
  }

  /** So many bytes have been written, and as many may be sent. */
  settle(bytes: number): void {
    this.#unsettled -= bytes;
    this.grant(bytes);
  }

  /** Resolves once anything is wanted; rejects where nothing will be. */
  async wanted(): Promise<void> {
    while (this.#credit === 0 && !this.#isOver) await this.#change();
    if (this.#isOver) await this.#rejectAsAnswered();
  }

  async send(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      await this.wanted();
      const piece = bytes.subarray(at, at + Math.min(pieceBytes, this.#credit));
      at += piece.length;
      this.#credit -= piece.length;
      this.#unsettled += piece.length;
      this.#call.data(piece);
    }
  }

  /** Resolves once all that was sent is written. */
  async settled(): Promise<void> {
    while (this.#unsettled > 0 && !this.#isOver) await this.#change();
    if (this.#isOver) await this.#rejectAsAnswered();
  }

  #change(): Promise<void> {
    return new Promise((wake) => (this.#wake = wake));
  }

  /** The lender answered before it had all: it failed, or it is done and does not care. */
  async #rejectAsAnswered(): Promise<never> {
    await this.#call.answer;
    throw abortedError({ name: "write", signal: undefined });
  }
}

/** Sends a source with its call; it is not touched before the lender wants it. What it fails with itself is what the call fails with. */
export async function sendSource(
  borrower: Borrower,
  call: Call,
  source: Uint8Array | AsyncIterable<Uint8Array>,
  operation: Operation,
): Promise<unknown> {
  const { name, signal } = operation;
  const open = borrower.open(call, { more: (bytes) => outgoing.grant(bytes) });
  const outgoing = new Outgoing(open);
  const over = abortedWith(signal);
  const reading = { name, signal: over.signal };
  let failure: { readonly error: unknown } | undefined;
  const feed = async (): Promise<void> => {
    await outgoing.wanted();
    for await (const chunk of chunksOf(source, reading)) await outgoing.send(chunk);
    open.end();
  };
  feed().catch((error: unknown) => {
    if (!reading.signal.aborted) failure = { error };
    open.abort();
  });
  try {
    return await borrower.answerTo(open, operation);
  } catch (error) {
    // The lender was told to give up, and cleaned up after itself.
    if (failure === undefined || !isTransportError(error, "aborted")) throw error;
    throw toTransportError(failure.error).with({ effect: error.effect });
  } finally {
    over.abort();
  }
}

/** A stream into a file, once the lender has it open. A chunk is done once it is written there. */
export async function writeContent(
  borrower: Borrower,
  call: Call,
  at: Location,
  path: string,
  operation: Operation,
): Promise<Writable> {
  const isOpen = deferred<void>();
  const open = borrower.open(call, {
    opened: (bytes) => {
      open.awaited = false;
      outgoing.grant(bytes);
      isOpen.resolve();
    },
    more: (bytes) => outgoing.settle(bytes),
  });
  const outgoing = new Outgoing(open);
  // The file is there already, and what was written before the failure may be in it.
  const failed = (error: unknown): Error => failureAt(error, operation.name, at, path).with({ effect: "unknown" });
  const settle = (work: Promise<unknown>, done: (error?: Error) => void): void => {
    open.awaited = true;
    work.then(
      () => {
        open.awaited = false;
        done();
      },
      (error: unknown) => done(failed(error)),
    );
  };
  const write = async (chunks: readonly Uint8Array[]): Promise<void> => {
    for (const chunk of chunks) await outgoing.send(chunk);
    await outgoing.settled();
  };
  const stream = new Writable({
    highWaterMark: gatheredBytes,
    write: (chunk: Buffer, _encoding, done) => settle(write([chunk]), done),
    writev: (chunks: { readonly chunk: Buffer }[], done) => settle(write(chunks.map(({ chunk }) => chunk)), done),
    final(done) {
      open.end();
      settle(open.answer, done);
    },
    destroy(error, done) {
      stopListening();
      open.abort();
      open.awaited = true;
      const closed = (): void => done(error);
      open.answer.then(closed, closed);
    },
  });
  // Its wire may be lost while nobody listens.
  stream.on("error", () => undefined);
  const stopListening = whenAborted(operation.signal, () => stream.destroy(failed(abortedError(operation))));
  open.answer.catch((error: unknown) => {
    isOpen.reject(error);
    stream.destroy(failed(error));
  });
  await isOpen.promise;
  return stream;
}
