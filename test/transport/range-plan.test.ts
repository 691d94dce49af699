import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { planReads } from "../../src/transport/verbs/range-plan.ts";

const limits = { mergeGapBytes: 10, maxReadBytes: 100 };
const ranges = fc.array(fc.record({ offset: fc.nat(2_000), length: fc.nat(400) }), { maxLength: 40 });

describe("the plan of a readv", () => {
  it("gives every range its own bytes, whatever the order, overlaps and duplicates", () => {
    const file = Buffer.from(Array.from({ length: 2_500 }, (_, n) => n % 251));
    fc.assert(
      fc.property(ranges, (asked) => {
        const plan = planReads(asked, limits);
        const reads = plan.reads.map(({ offset, length }) => file.subarray(offset, offset + length));
        for (const { pieces, range } of plan.ranges) {
          const got = Buffer.concat(
            pieces.map(({ read, start, length }) => (reads[read] as Buffer).subarray(start, start + length)),
          );
          expect(got.equals(file.subarray(range.offset, range.offset + range.length))).toBe(true);
        }
      }),
    );
  });

  it("reads no byte twice, and no more at once than allowed", () => {
    fc.assert(
      fc.property(ranges, (asked) => {
        const sorted = planReads(asked, limits).reads.toSorted((a, b) => a.offset - b.offset);
        for (const [at, { offset, length }] of sorted.entries()) {
          expect(length).toBeGreaterThan(0);
          expect(length).toBeLessThanOrEqual(limits.maxReadBytes);
          expect((sorted[at + 1]?.offset ?? Infinity) >= offset + length).toBe(true);
        }
      }),
    );
  });

  it("says until when each read is needed", () => {
    const { lastUse, reads } = planReads(
      [
        { offset: 0, length: 5 },
        { offset: 500, length: 5 },
        { offset: 2, length: 5 },
      ],
      limits,
    );
    expect(reads).toEqual([
      { offset: 0, length: 7 },
      { offset: 500, length: 5 },
    ]);
    expect(lastUse).toEqual([2, 1]);
  });

  it("merges what is near and leaves apart what is far", () => {
    const near = planReads(
      [
        { offset: 0, length: 5 },
        { offset: 15, length: 5 },
      ],
      limits,
    );
    const far = planReads(
      [
        { offset: 0, length: 5 },
        { offset: 16, length: 5 },
      ],
      limits,
    );
    expect([near.reads.length, far.reads.length]).toEqual([1, 2]);
  });

  it("needs nothing for ranges of no bytes", () => {
    const { reads, ranges: planned } = planReads([{ offset: 9, length: 0 }], limits);
    expect(reads).toEqual([]);
    expect(planned[0]?.pieces).toEqual([]);
  });
});
