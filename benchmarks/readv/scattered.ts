import { createCipheriv, createHash } from "node:crypto";

/** A stretch of a file, in bytes. */
export interface Stretch {
  readonly offset: number;
  readonly length: number;
}

/** A file, and parts of it that are wanted: the same in every run. */
export interface Scattered {
  readonly content: Buffer;
  /** All over the file and in no order; none overlaps another. */
  readonly ranges: readonly Stretch[];
  /** SHA-256 of the parts, in the order of `ranges`. */
  readonly digest: string;
}

export function scattered(fileBytes: number, count: number, length: number): Scattered {
  const content = noise(fileBytes);
  const cell = Math.floor(fileBytes / count);
  const ranges = Array.from({ length: count }, (_, at) => ({
    offset: at * cell + (content.readUInt32LE(at * 8) % (cell - length)),
    length,
    rank: content.readUInt32LE(at * 8 + 4),
  }))
    .toSorted((one, other) => one.rank - other.rank)
    .map((range): Stretch => ({ offset: range.offset, length }));
  return { content, ranges, digest: digestOf(ranges.map(({ offset }) => content.subarray(offset, offset + length))) };
}

/** SHA-256 of parts as if they were one, in hexadecimal. */
export function digestOf(parts: Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** Bytes that nobody can compress or guess, and that are the same each time. */
export function noise(bytes: number): Buffer {
  return createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(bytes));
}
