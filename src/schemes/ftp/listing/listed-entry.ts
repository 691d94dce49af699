import type { Stat } from "../../../transport/stat.ts";
export interface ListedEntry {
  readonly name: string;
  readonly stat: Stat;
  readonly linkTarget?: string;
  readonly mtimeResolutionMs: number;
  readonly self: boolean;
}
