/** An exclusive lock that this process holds. */
export interface Lock extends AsyncDisposable {
  /** The path that is locked, as the caller gave it. */
  readonly path: string;
  /** Gives the lock back. Releasing twice is harmless. */
  release(): Promise<void>;
}
