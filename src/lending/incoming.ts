import { Readable } from "node:stream";

import { whenAborted } from "../connection/abort.ts";
import { deferred } from "../connection/deferred.ts";
import type { Location } from "../url/location.ts";
import type { Operation } from "../transport/operation.ts";
import { abortedError, readFailureAt, throwIfAborted } from "../transport/operation.ts";
import type { Borrower, Call } from "./borrower.ts";
import type { SaidEntry } from "./messages.ts";
import { entryBytes, pieceBytes } from "./messages.ts";
import type { OpenCall } from "./open-call.ts";

/** The content of a file as a stream, once the lender has it open; more is asked for as it is read. */
export async function readContent(
  borrower: Borrower,
  call: Call,
  at: Location,
  path: string,
  operation: Operation,
): Promise<Readable> {
  const isOpen = deferred<void>();
  let taken = 0;
  const open = borrower.open(call, {
    opened: () => {
      // Whoever does not read it does not wait for it.
      open.awaited = false;
      isOpen.resolve();
    },
    data: (bytes) => {
      open.awaited = false;
      taken += bytes.length;
      if (!stream.destroyed) stream.push(bytes);
    },
  });
  const stream = new Readable({
    highWaterMark: pieceBytes,
    read() {
      open.awaited = true;
      if (taken > 0) open.more(taken);
      taken = 0;
    },
    destroy(error, done) {
      stopListening();
      open.abort();
      open.awaited = false;
      done(error);
    },
  });
  // Its wire may be lost while nobody listens.
  stream.on("error", () => undefined);
  const stopListening = whenAborted(operation.signal, () => stream.destroy(abortedError(operation, at)));
  open.answer.then(
    () => void stream.push(null),
    (error: unknown) => {
      isOpen.reject(error);
      stream.destroy(readFailureAt(error, operation.name, at, path));
    },
  );
  await isOpen.promise;
  return stream;
}

/** The entries of a directory, in batches as they come. */
export function readEntries(
  borrower: Borrower,
  call: Call,
  operation: Operation,
): AsyncGenerator<readonly SaidEntry[], void> {
  return received<readonly SaidEntry[]>(
    (take) => borrower.open(call, { entries: take }),
    (entries) => entries.reduce((sum, entry) => sum + entryBytes(entry), 0),
    operation,
  );
}

/** Parts of a file, one behind the other. */
export function readParts(borrower: Borrower, call: Call, operation: Operation): AsyncGenerator<Buffer, void> {
  return received<Buffer>(
    (take) => borrower.open(call, { data: take }),
    ({ length }) => length,
    operation,
  );
}

/** What comes, as it is taken; whoever stops in the middle gives the call up. */
async function* received<T>(
  openWith: (take: (item: T) => void) => OpenCall,
  bytesOf: (item: T) => number,
  operation: Operation,
): AsyncGenerator<T, void> {
  const items: T[] = [];
  let over: { readonly failure?: unknown } | undefined;
  let wake: (() => void) | undefined;
  const finish = (how: { readonly failure?: unknown }): void => {
    over ??= how;
    wake?.();
  };
  const call = openWith((item) => {
    items.push(item);
    wake?.();
  });
  const stopListening = whenAborted(operation.signal, () => finish({}));
  call.answer.then(
    () => finish({}),
    (failure: unknown) => finish({ failure }),
  );
  try {
    for (;;) {
      throwIfAborted(operation);
      const item = items.shift();
      if (item !== undefined) {
        call.awaited = false;
        yield item;
        call.more(bytesOf(item));
      } else if (over !== undefined) {
        if (over.failure !== undefined) throw over.failure;
        return;
      } else {
        call.awaited = true;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    stopListening();
    call.abort();
    call.awaited = false;
  }
}
