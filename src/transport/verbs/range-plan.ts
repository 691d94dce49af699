import type { ByteRange } from "../verb-options.ts";

/** One read that is sent: a stretch of the file that covers one or more of the ranges asked for, or a part of one. */
export interface PlannedRead {
  readonly offset: number;
  readonly length: number;
}

/** Where the bytes of one range come from: stretches of planned reads, in order. */
export interface RangePieces {
  readonly pieces: readonly { readonly read: number; readonly start: number; readonly length: number }[];
  readonly range: ByteRange;
}

export interface ReadPlan {
  /** In the order in which they are first needed. */
  readonly reads: readonly PlannedRead[];
  readonly ranges: readonly RangePieces[];
  /** For each read, the index of the last range that needs it. */
  readonly lastUse: readonly number[];
}

export interface PlanLimits {
  /** Ranges with no more than this many bytes between them are read together: it costs less than a request. */
  readonly mergeGapBytes: number;
  /** Larger stretches are split. */
  readonly maxReadBytes: number;
}

/** Plans the reads for ranges in any order: near ones merged, large ones split, each byte read once. Pure. */
export function planReads(ranges: readonly ByteRange[], { mergeGapBytes, maxReadBytes }: PlanLimits): ReadPlan {
  const stretches = mergedStretches(ranges, mergeGapBytes).flatMap((stretch) => split(stretch, maxReadBytes));
  const orderOf = new Map<number, number>(); // index in stretches -> index in reads
  const reads: PlannedRead[] = [];
  const lastUse: number[] = [];
  const planned = ranges.map((range, index): RangePieces => {
    const pieces: { read: number; start: number; length: number }[] = [];
    let { offset, length } = range;
    for (let at = firstCovering(stretches, offset); length > 0; at++) {
      const stretch = stretches[at] as PlannedRead;
      let read = orderOf.get(at);
      if (read === undefined) {
        read = reads.push(stretch) - 1;
        orderOf.set(at, read);
      }
      lastUse[read] = index;
      const start = offset - stretch.offset;
      const piece = Math.min(length, stretch.length - start);
      pieces.push({ read, start, length: piece });
      offset += piece;
      length -= piece;
    }
    return { pieces, range };
  });
  return { reads, ranges: planned, lastUse };
}

function mergedStretches(ranges: readonly ByteRange[], gap: number): PlannedRead[] {
  const sorted = ranges.filter(({ length }) => length > 0).toSorted((a, b) => a.offset - b.offset);
  const merged: { offset: number; length: number }[] = [];
  for (const { offset, length } of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && offset <= last.offset + last.length + gap) {
      last.length = Math.max(last.length, offset + length - last.offset);
    } else {
      merged.push({ offset, length });
    }
  }
  return merged;
}

function split({ offset, length }: PlannedRead, maxBytes: number): PlannedRead[] {
  const parts: PlannedRead[] = [];
  for (let done = 0; done < length; done += maxBytes)
    parts.push({ offset: offset + done, length: Math.min(maxBytes, length - done) });
  return parts;
}

/** The last stretch that begins at or before `offset`. */
function firstCovering(stretches: readonly PlannedRead[], offset: number): number {
  let [low, high] = [0, stretches.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((stretches[middle] as PlannedRead).offset <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
