import type { PairSettings, Task, WarmUp } from "./pairs.ts";

/** Something that samewire and a bare client do. */
export interface Comparison {
  readonly name: string;
  readonly ours: Task;
  readonly theirs: Task;
  /** How many at once; each is a row. */
  readonly atOnce: readonly number[];
  /** Whether one takes so long that a pair is one of each. */
  readonly bulky?: boolean;
}

/** What is compared with one bare client, both on an open connection to the same server. */
export interface Comparisons extends AsyncDisposable {
  /** The bare client's package. */
  readonly bare: string;
  readonly comparisons: readonly Comparison[];
}

export interface Effort extends Omit<PairSettings, "concurrency"> {
  readonly warmUp: WarmUp;
  /** The size of large files. */
  readonly bulkBytes: number;
}
