import type { Measured } from "./rounds.ts";

/** What samewire is to reach: its time over that of the fastest of some others, at most. */
export interface Target {
  readonly most: number;
  /** The names of those others. */
  readonly of: readonly string[];
}

/** What came of a target. */
export interface Verdict {
  readonly most: number;
  /** The fastest of those that it is about and that are here. */
  readonly peer: string;
  readonly ratio: number;
  readonly reached: boolean;
}

/** Judges one of those that were measured together; undefined where none of the others is here. */
export function judge(ours: Measured, all: readonly Measured[], { most, of }: Target): Verdict | undefined {
  const [best] = all.filter(({ name }) => of.includes(name)).toSorted((one, other) => one.ms - other.ms);
  if (best === undefined) return undefined;
  const ratio = ours.ms / best.ms;
  return { most, peer: best.name, ratio, reached: ratio <= most };
}

/** For a table: `0.71 of ssh2, aim 0.75: reached`. */
export function verdictText({ most, peer, ratio, reached }: Verdict): string {
  return `${ratio.toFixed(ratio < 0.1 ? 3 : 2)} of ${peer}, aim ${most.toFixed(2)}: ${reached ? "reached" : "not reached"}`;
}
