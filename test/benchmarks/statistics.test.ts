import { describe, expect, it } from "vitest";

import { median, medianInterval, percentile } from "../../benchmarks/statistics.ts";

describe("statistics", () => {
  it("the median is the middle value, or between the two in the middle, in whatever order they come", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 1, 2, 9])).toBe(5.5);
    expect(() => median([])).toThrow(RangeError);
  });

  it("a percentile is a value that was there, by the nearest rank", () => {
    const values = Array.from({ length: 100 }, (_, at) => 100 - at);
    expect(percentile(values, 0.99)).toBe(99);
    expect(percentile(values, 1)).toBe(100);
    expect(percentile(values, 0)).toBe(1);
    expect(percentile([7], 0.99)).toBe(7);
  });

  it("the interval of a median has the ranks and the probability of the tables", () => {
    const nine = medianInterval([5, 1, 9, 3, 7, 2, 8, 4, 6]);
    expect([nine.low, nine.high]).toEqual([2, 8]);
    expect(nine.coverage).toBeCloseTo(0.9609, 4);
    const fifteen = medianInterval(Array.from({ length: 15 }, (_, at) => at + 1));
    expect([fifteen.low, fifteen.high]).toEqual([4, 12]);
    expect(fifteen.coverage).toBeCloseTo(0.9648, 4);
  });

  it("of too few values the interval is all of them, and says how little that is worth", () => {
    expect(medianInterval([1, 2, 3])).toEqual({ low: 1, high: 3, coverage: 0.75 });
    expect(medianInterval([4])).toEqual({ low: 4, high: 4, coverage: 0 });
  });
});
