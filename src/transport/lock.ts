import type { VerbOptions } from "./verb-options.ts";

/** An exclusive lock that this process holds. */
export interface Lock extends AsyncDisposable {
  /** The path that is locked, as the caller gave it. */
  readonly path: string;
  /** Gives the lock back. Releasing twice is harmless. Rejects with `locked` where somebody broke it meanwhile. */
  release(): Promise<void>;
}

/** How a lock is asked for. */
export interface LockOptions extends VerbOptions {
  /** How long to wait, in milliseconds, for a lock that somebody else holds. Default 0: that rejects with `locked` at once. */
  readonly waitMs?: number | undefined;
}

/** Who holds a lock, as the holder itself wrote it down. What a program of another kind does not tell is absent. */
export interface LockInfo {
  /** What no other lock has, not even the next one of the same holder. Only for `breakLock`, and to compare two looks. */
  readonly id: string;
  /** Who took it. */
  readonly user?: string | undefined;
  /** On which machine. */
  readonly host?: string | undefined;
  /** In which process there. */
  readonly pid?: number | undefined;
  /** The name of the program, without its arguments. */
  readonly program?: string | undefined;
  /** When it was taken, by the holder's clock. */
  readonly since?: Date | undefined;
  /** All of it in one line, for people. */
  readonly holder: string;
}
