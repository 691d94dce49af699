import type { TransportError } from "../errors/transport-error.ts";
import type { FlowLimits } from "../transport/flow.ts";
import type { Transport } from "../transport/transport.ts";
import type { VerbOptions } from "../transport/verb-options.ts";
import type { WalkedEntry } from "./walk.ts";

/** What of a file is to be the same in its copy, where both sides know it; what one of them does not know is left to the target. */
export interface Preserve {
  /** Permission bits: those that the umask of this process allows (true, the default), all twelve as they are (`exact`), or the target's own defaults (false). */
  readonly mode?: boolean | "exact" | undefined;
  /** Modification times of files and directories. Default false; `sync` needs it, and has it. */
  readonly mtime?: boolean | undefined;
  /** Links as links. Default true; otherwise they are left out, and reported. */
  readonly links?: boolean | undefined;
}

/**
 * How a copy is checked once it has been written: not beyond the bytes that were counted, by asking for its length, or by comparing hashes of the
 * content, computed by the server where it can, else from what is read back.
 */
export type Verification = "none" | "size" | "content";

/** Chooses what is copied: called with each entry, a directory before what is in it. What it refuses is left alone, and so is all below it. */
export type EntryFilter = (entry: WalkedEntry) => boolean;

/** What a long piece of work has done so far, told at most ten times a second and once at the end. */
export interface TreeProgress {
  /** Files and links, and their bytes, that have arrived. */
  readonly files: number;
  /** Their content, as it arrives; never less than before, but where a file failed: what came of it is taken back. */
  readonly bytes: number;
  /** What is known to be there to do; grows while directories are still being listed. */
  readonly filesKnown: number;
  /** The content of what is known to be there, as long as it has turned out to be; never less than `bytes`. */
  readonly bytesKnown: number;
  /** Whether everything is known. */
  readonly listed: boolean;
  /** Of the last seconds. */
  readonly bytesPerSecond: number;
  /** Undefined until everything is known and something has moved. */
  readonly remainingMs: number | undefined;
  /** What could not be done so far. */
  readonly failures: number;
}

/** Options of `copyTree`, `copyFiles` and, but for `resume`, of a sync. What one of its functions throws ends the work, which rejects with that. */
export interface TreeOptions extends VerbOptions {
  /** Default: everything. `globs` makes one of patterns. */
  readonly filter?: EntryFilter | undefined;
  /** Change nothing; the report says what would have been done, and what is in the way. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Default `{ mode: true, links: true }`; of a sync with `mtime: true`. */
  readonly preserve?: Preserve | undefined;
  /** Each file is old or new, never a mix, whatever happens. Default true where the target can. `false` writes in place. */
  readonly atomic?: boolean | undefined;
  /** Default `none`. A copy that is found to be wrong is deleted, and reported. */
  readonly verify?: Verification | undefined;
  /** What may be under way at a time. Default 256 files and 32 MiB. */
  readonly limits?: FlowLimits | undefined;
  /** Go on where an earlier copy was interrupted: what has the same length and modification time already stays as it is. Preserves modification times. Default false. */
  readonly resume?: boolean | undefined;
  /** Is told how far it is, at most ten times a second and once at the end. */
  readonly onProgress?: ((progress: TreeProgress) => void) | undefined;
  /** Is told each failure as it happens; all of them are in the report as well. */
  readonly onFailure?: ((failure: TreeFailure) => void) | undefined;
  /** Is told each thing that was done, once it is; with `dryRun` each that would have been. */
  readonly onDone?: ((done: TreeDeed) => void) | undefined;
}

/** One thing that was done. */
export interface TreeDeed {
  /** What it was. */
  readonly action: "copy" | "link" | "mkdir" | "delete" | "attributes";
  /** Relative to both bases. */
  readonly path: string;
  /** Content written. */
  readonly bytes: number;
}

/** One thing that was not done. */
export interface TreeFailure {
  /** Relative to both bases. */
  readonly path: string;
  /** Why. */
  readonly error: TransportError;
}

/** What was done, or with `dryRun` would have been. */
export interface TreeReport {
  /** Files written. */
  readonly files: number;
  /** Directories made. */
  readonly directories: number;
  /** Links made. */
  readonly links: number;
  /** Content written. */
  readonly bytes: number;
  /** Files that were there already as they should be. */
  readonly unchanged: number;
  /** Files, links and directories deleted. */
  readonly deleted: number;
  /** What was not done, and why; empty where everything was. */
  readonly failures: readonly TreeFailure[];
}

/** Both ends of a copy. */
export interface Ends {
  readonly source: Transport;
  readonly target: Transport;
}
