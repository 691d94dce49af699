import type { HttpAnswer } from "../../drivers/http-answer.ts";
import type { ContentRange } from "../../drivers/http-range.ts";
import { TransportError } from "../../errors/transport-error.ts";

/** A read that waits for its bytes. */
export interface Read {
  readonly offset: number;
  readonly length: number;
  readonly resolve: (bytes: Buffer) => void;
  readonly reject: (error: unknown) => void;
}

/** A file that a server only gives whole is kept up to this length, so that it is fetched once. */
export const keptBytes: number = 32 * 1024 * 1024;

export function wantedBytes(reads: readonly Read[]): number {
  return reads.reduce((sum, { length }) => sum + length, 0);
}

/** In the order of the file: servers refuse ranges that jump back and forth. */
export function inOrder(reads: readonly Read[]): readonly Read[] {
  return reads.toSorted((one, other) => one.offset - other.offset);
}

/** Whether it costs less to take so many bytes than to ask for the reads one by one. */
export function isAffordable(bytes: number, reads: readonly Read[]): boolean {
  return bytes <= Math.max(keptBytes, 4 * wantedBytes(reads));
}

/** Whether a part holds the beginning of a read; all of it, unless the file ends. */
export function covers(part: ContentRange, { offset }: Read): boolean {
  return part.offset <= offset && offset < part.offset + part.length;
}

/** Gives each read its bytes out of the whole file. */
export function deliver(reads: readonly Read[], whole: Buffer): void {
  for (const { offset, length, resolve } of reads) resolve(whole.subarray(offset, offset + length));
}

/**
 * Gives a read its bytes out of a part. Fewer of them are the end of the file, or half an answer.
 *
 * @throws TransportError `protocol-error`
 */
export function deliverFrom({ offset, length, resolve }: Read, bytes: Buffer, part: ContentRange): void {
  const from = offset - part.offset;
  const found = bytes.subarray(from, from + length);
  if (found.length < length && offset + found.length !== part.total)
    throw new TransportError("protocol-error", "the server sends less of a part than it was asked for");
  resolve(found);
}

/**
 * Settles a read that an answer has no part for, because the file ends before it.
 *
 * @throws TransportError `protocol-error` where the server has left it out
 */
export function deliverMissing({ offset, resolve }: Read, total: number | undefined): void {
  if (total === undefined || offset < total)
    throw new TransportError("protocol-error", "the server leaves out a part that it was asked for");
  resolve(Buffer.alloc(0));
}

/** Cuts the reads out of a whole file as it passes, and holds nothing else of it. */
export async function distribute(reads: readonly Read[], answer: HttpAnswer): Promise<void> {
  const parts = reads.map(({ offset, length }) => ({ offset, bytes: Buffer.alloc(length), filled: 0 }));
  let missing = wantedBytes(reads);
  let position = 0;
  await new Promise<void>((resolve, reject) => {
    answer.take({
      data: (chunk) => {
        for (const part of parts) {
          const from = part.offset + part.filled - position;
          if (from < 0 || from >= chunk.length || part.filled === part.bytes.length) continue;
          const copied = chunk.copy(part.bytes, part.filled, from);
          part.filled += copied;
          missing -= copied;
        }
        position += chunk.length;
        if (missing === 0) resolve();
        return true;
      },
      end: resolve,
      fail: reject,
    });
  });
  // What follows the last part is not wanted.
  await answer.discard();
  for (const [index, { bytes, filled }] of parts.entries()) reads[index]?.resolve(bytes.subarray(0, filled));
}

/** The body of an answer that must have so many bytes. */
export async function bytesOf(answer: HttpAnswer, length: number): Promise<Buffer> {
  const bytes = await answer.bytes(atMost(length));
  if (bytes.length === length) return bytes;
  throw new TransportError("connection-lost", `the part has ${bytes.length} bytes instead of ${length}`, {
    temporary: true,
  });
}

/** Refuses to hold more than was asked for. */
export function atMost(limit: number): (bytes: number) => void {
  return (bytes) => {
    if (bytes > limit) throw new TransportError("protocol-error", "the server sends more than it was asked for");
  };
}
