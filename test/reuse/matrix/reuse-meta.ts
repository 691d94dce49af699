import type { OptionKind } from "../../../src/connection/identity.ts";

/** One case of the reuse matrix, as the server counted it. */
export interface CountedReuse {
  readonly scheme: string;
  readonly site: string;
  readonly option: string;
  readonly kind: OptionKind;
  readonly wires: number;
  /** Why its count is not the usual one. */
  readonly unusual: string | undefined;
}

declare module "vitest" {
  interface TaskMeta {
    /** What the report of the reuse matrix is made from. */
    reuse?: CountedReuse;
    /** A line of the report: how many of the required cases are tested on how many schemes. */
    requiredCases?: string;
  }
}
