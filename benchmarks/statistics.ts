/** The value below which a share of the values lies, by the nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("no values");
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.ceil(share * sorted.length);
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] as number;
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("no values");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (!Number.isInteger(middle)) return sorted[Math.floor(middle)] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Where the true median lies. */
export interface MedianInterval {
  readonly low: number;
  readonly high: number;
  /** The probability that it does: at least what was asked for, where there are enough values. */
  readonly coverage: number;
}

/**
 * The narrowest interval between two values of equal rank from either end that holds the true median with the probability asked for, or
 * everything where there are too few values. It assumes nothing of how the values are distributed, only that they are independent.
 *
 * The number of values below the median is binomial: Conover, Practical Nonparametric Statistics, section 3.2.
 */
export function medianInterval(values: readonly number[], wanted = 0.95): MedianInterval {
  if (values.length === 0) throw new RangeError("no values");
  const sorted = values.toSorted((a, b) => a - b);
  const { length } = sorted;
  let cut = 0;
  let outside = 2 * binomialHalf(length, 0);
  const coverageOf = (probability: number): number => Math.max(0, 1 - probability);
  for (let next = 1; next < length / 2; next++) {
    const wider = outside + 2 * binomialHalf(length, next);
    if (coverageOf(wider) < wanted) break;
    outside = wider;
    cut = next;
  }
  return { low: sorted[cut] as number, high: sorted[length - 1 - cut] as number, coverage: coverageOf(outside) };
}

/** The probability of `hits` heads in `tosses`. */
function binomialHalf(tosses: number, hits: number): number {
  let probability = 0.5 ** tosses;
  for (let at = 1; at <= hits; at++) probability *= (tosses - at + 1) / at;
  return probability;
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
