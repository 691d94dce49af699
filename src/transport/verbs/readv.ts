import { TransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import type { Operation } from "../operation.ts";
import { throwIfAborted } from "../operation.ts";
import type { PartReader, Primitives, ReadLimits } from "../primitives.ts";
import type { ByteRange } from "../verb-options.ts";
import type { ReadPlan } from "./range-plan.ts";
import { planReads } from "./range-plan.ts";
import { readAll } from "./read-all.ts";

/** Bytes asked for ahead of what was taken: enough for a fast network's round trip, bounded for memory. */
const aheadBytes = 4 * 1024 * 1024;

/**
 * Where requests travel side by side: one costs some hundred bytes and the server's attention, reading 8 KiB too much costs less; 255 KiB is what OpenSSH
 * answers in one piece. Small ones are bounded by their number, which must fill a long way: 64 of 512 bytes cost sixteen round trips for a thousand, and
 * four times what a thousand at once do with 20 ms of round trip.
 */
const sideBySide: ReadLimits = { mergeGapBytes: 8 * 1024, maxReadBytes: 255 * 1024, aheadBytes, aheadReads: 1024 };

/** Where each has a wire to itself for several round trips: fewer and longer, and none for an answer that nobody may want. */
const oneByOne: ReadLimits = { mergeGapBytes: 512 * 1024, maxReadBytes: 4 * 1024 * 1024, aheadBytes, aheadReads: 0 };

/** Parts of a file in the order asked, with reads kept in flight ahead of the one that is awaited. */
export async function* readv(
  primitives: Primitives,
  at: Location,
  ranges: readonly ByteRange[],
  operation: Operation,
): AsyncGenerator<Buffer> {
  if (ranges.every(({ length }) => length === 0)) return yield* readNothing(primitives, at, ranges.length, operation);
  const reader = await openReader(primitives, at, operation);
  try {
    const limits = reader.limits ?? (primitives.capabilities.concurrent ? sideBySide : oneByOne);
    yield* readPlanned(reader, planReads(ranges, limits), limits, operation);
  } finally {
    await reader.close();
  }
}

/** A file that is missing is found out even where no byte is asked for. */
async function* readNothing(
  primitives: Primitives,
  at: Location,
  parts: number,
  operation: Operation,
): AsyncGenerator<Buffer> {
  await primitives.statAt(at, { followLinks: true }, operation);
  for (let part = 0; part < parts; part++) yield Buffer.alloc(0);
}

async function* readPlanned(
  reader: PartReader,
  { reads, ranges, lastUse }: ReadPlan,
  { aheadBytes, aheadReads }: ReadLimits,
  operation: Operation,
): AsyncGenerator<Buffer> {
  const pending = new Map<number, Promise<Buffer>>();
  let next = 0;
  let ahead = 0;
  const fill = (needed: number): void => {
    for (let read = reads[next]; read !== undefined; read = reads[next]) {
      if (next > needed && (ahead + read.length > aheadBytes || pending.size >= aheadReads)) return;
      const bytes = reader.read(read.offset, read.length);
      bytes.catch(() => undefined); // Awaited in its turn; until then its failure is nobody's.
      pending.set(next++, bytes);
      ahead += read.length;
    }
  };
  fill(0);
  for (const [index, { pieces, range }] of ranges.entries()) {
    throwIfAborted(operation);
    const parts: Buffer[] = [];
    for (const { read, start, length } of pieces) {
      fill(read);
      const bytes = await (pending.get(read) as Promise<Buffer>);
      if (bytes.length < start + length) throw shortRead(range, Math.max(0, bytes.length - start));
      parts.push(bytes.subarray(start, start + length));
      if (lastUse[read] === index) {
        pending.delete(read);
        ahead -= (reads[read] as ByteRange).length;
      }
    }
    yield parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }
}

async function openReader(primitives: Primitives, at: Location, operation: Operation): Promise<PartReader> {
  if (primitives.openReaderAt !== undefined) return await primitives.openReaderAt(at, operation);
  return {
    read: async (offset, length) => await readAll(await primitives.readAt(at, { offset, length }, operation), length),
    close: () => Promise.resolve(),
  };
}

function shortRead({ offset, length }: ByteRange, got: number): TransportError {
  return new TransportError("short-read", `the file ends before the ${length} bytes at ${offset} do (got ${got})`);
}
