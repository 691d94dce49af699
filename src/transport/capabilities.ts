/** What a scheme and its server can do, as data. A verb that is not covered rejects with `unsupported`. */
export interface Capabilities {
  /** `put`, `append`, `mkdir`, `delete`, `rename` and the rest of the mutators. */
  readonly writable: boolean;
  /** `list`, and so `walk`, `sync` and `deleteTree` of a directory. */
  readonly listable: boolean;
  /** Directories exist by themselves and can be empty. */
  readonly directories: boolean;
  /** `append`. */
  readonly append: boolean;
  /** `openWriteStream`, with what was written visible at once to readers on the same wire. */
  readonly writeStream: boolean;
  /** A file can be replaced by a rename, so that `put` is atomic. */
  readonly atomicReplace: boolean;
  /** `rename` of directories and files is one step on the server. */
  readonly rename: boolean;
  /** `copy` happens on the server. */
  readonly serverCopy: boolean;
  /** `symlink` and `readlink`. */
  readonly symlinks: boolean;
  /** There may be links, and `stat` and `list` tell them from what they lead to; also where none can be made. */
  readonly tellsLinks: boolean;
  /** `hardlink`. */
  readonly hardlinks: boolean;
  /** Permission bits are stored exactly. */
  readonly modes: boolean;
  /** So are the set-user-ID, set-group-ID and sticky bits. */
  readonly specialModes: boolean;
  /** `setAttributes` and `put` can set the modification time. */
  readonly setsMtime: boolean;
  /** The step in which modification times are stored, in milliseconds. */
  readonly mtimeResolutionMs: number;
  /** The earliest and the latest modification time that can be stored, in milliseconds since 1970. Undefined: any. */
  readonly mtimeRangeMs?: readonly [earliest: number, latest: number] | undefined;
  /** `get` and `readv` fetch parts without fetching the whole. */
  readonly rangedReads: boolean;
  /** `readv` fetches parts of one file over as many wires as are allowed, all of one version of it. */
  readonly parallelReads: boolean;
  /**
   * What `lock` is built on. `rename`: of a directory with the holder's note in it; `token`: the server keeps it, and refuses every write of others;
   * `condition`: an object with the note, which the server makes only where nothing is.
   */
  readonly lock: "rename" | "token" | "condition" | "none";
  /** Names that differ only in case are different names. */
  readonly caseSensitive: boolean;
  /** Control characters may stand in names. */
  readonly controlCharactersInNames: boolean;
  /** `localPath` has an answer. */
  readonly local: boolean;
  /** There is a wire: connections are counted, shared and healed. */
  readonly connected: boolean;
  /** Verbs travel side by side on one wire. Where not (FTP), each waits for a wire of its own, and a stream holds one until it ends. */
  readonly concurrent: boolean;
}
