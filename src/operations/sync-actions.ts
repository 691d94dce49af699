import type { EntryType } from "../transport/stat.ts";
import type { TreeFailure, TreeOptions } from "./tree-options.ts";

/**
 * What tells that a file need not be copied: the same length and modification time, the same length alone, or the same content, which both servers compute
 * a digest of, or have to send.
 */
export type Compare = "size-and-mtime" | "size" | "content";

/** Options of `planSync`, `applySync` and `sync`: a sync always goes on where an earlier one ended. */
export interface SyncOptions extends Omit<TreeOptions, "resume"> {
  /** Delete from the target what is not in the source, and directories that are in the way of files. Default false. */
  readonly delete?: boolean | undefined;
  /** With `delete`: what the filter refuses as well. Default false: the filter protects it. */
  readonly deleteExcluded?: boolean | undefined;
  /** Default `size-and-mtime`. */
  readonly compare?: Compare | undefined;
}

/** Why a file is copied, or a link made: nothing is there, or what is there has another length, time, content, or is something else. */
export type CopyReason = "new" | "size" | "mtime" | "content" | "type";

/** One thing to do in the target. Paths are relative to both bases, modes the permission bits, times milliseconds since 1970. */
export type SyncAction =
  | {
      readonly action: "mkdir";
      readonly path: string;
      readonly mode?: number;
      readonly mtimeMs?: number;
    }
  | {
      readonly action: "copy";
      readonly path: string;
      readonly why: CopyReason;
      readonly sizeBytes: number;
      readonly mode?: number;
      readonly mtimeMs?: number;
    }
  | { readonly action: "link"; readonly path: string; readonly why: CopyReason }
  | {
      readonly action: "attributes";
      readonly path: string;
      readonly type: EntryType;
      readonly mode?: number;
      readonly mtimeMs?: number;
    }
  | {
      readonly action: "delete";
      readonly path: string;
      readonly type: EntryType;
      /** It is not in the source; something else is to have its place; or a write, or the taking of a lock, that was interrupted has left it behind. */
      readonly why: "gone" | "in-the-way" | "temporary";
    };

/** Something that is as it should be left, and why. */
export interface LeftOut {
  /** Relative to both bases. */
  readonly path: string;
  /** In words. */
  readonly why: string;
}

/** What a sync is going to do: plain data, in the order in which it is done. */
export interface SyncPlan {
  /** What is going to be done, first things first. */
  readonly actions: readonly SyncAction[];
  /** Files and links that are as they should be. */
  readonly unchanged: number;
  /** Left alone on purpose: what the filter protects from deletion, temporaries in the source. */
  readonly leftOut: readonly LeftOut[];
  /** What cannot be done, or could not be looked at. */
  readonly failures: readonly TreeFailure[];
}
