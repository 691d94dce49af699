import type { LentChunk } from "./lent-chunks.ts";

/** Parts that are read while others are being used. */
const partsAhead = 2;

interface Part {
  readonly buffer: Buffer;
  readonly length: number;
  readonly reading: Promise<Buffer>;
}

/** Lends an open file's bytes from `offset` to `end`, in parts that are read ahead of whoever borrows them, into the same few buffers. */
export function lendParts(
  readInto: (offset: number, buffer: Buffer) => Promise<Buffer>,
  { offset, end }: { readonly offset: number; readonly end: number },
  partBytes: number,
): () => Promise<LentChunk | undefined> {
  const spare: Buffer[] = [];
  const parts: Part[] = [];
  let position = offset;
  let ended = false;
  const readNext = (): void => {
    const length = Math.min(partBytes, end - position);
    const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(partBytes);
    const reading = readInto(position, buffer.subarray(0, length));
    reading.catch(() => undefined); // Told when its turn comes.
    parts.push({ buffer, length, reading });
    position += length;
  };
  return async () => {
    while (!ended && parts.length <= partsAhead && position < end) readNext();
    const part = ended ? undefined : parts.shift();
    if (part === undefined) return undefined;
    const bytes = await part.reading;
    if (bytes.length < part.length) ended = true;
    return bytes.length === 0 ? undefined : { bytes, giveBack: () => void spare.push(part.buffer) };
  };
}
