/** What every verb takes as its last argument. */
export interface VerbOptions {
  /** Gives the operation up: it rejects with `aborted`, other operations on the same wire go on. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `stat`. */
export interface StatOptions extends VerbOptions {
  /** Describe what a link points to instead of the link. Default false. */
  readonly followLinks?: boolean | undefined;
}

/** Options of `list`. */
export interface ListOptions extends VerbOptions {
  /** Ask for the modification times of files, too, where a listing has none (FTP without MLSD), many at once. Default false. */
  readonly mtimes?: boolean | undefined;
}

/** Options of `get`: a range, in bytes. */
export interface GetOptions extends VerbOptions {
  /** First byte wanted, from 0. */
  readonly offset?: number | undefined;
  /** Bytes wanted at most; to the end when absent. */
  readonly length?: number | undefined;
}

/** Options of `getBytes`. */
export interface GetBytesOptions extends GetOptions {
  /** Refuses, with `no-space`, to hold more than this many bytes in memory. Default: the largest Buffer. */
  readonly maxBytes?: number | undefined;
  /** The file's length as a listing gave it, so that nobody has to ask. A file that has another one by now is read as it is now. */
  readonly expectedBytes?: number | undefined;
}

/** How content is made into a digest. SHA-1 and MD5 find damage, and no forgery. */
export type DigestAlgorithm = "sha256" | "sha1" | "md5";

/** Options of `digest`. */
export interface DigestOptions extends VerbOptions {
  /** Default `sha256`. */
  readonly algorithm?: DigestAlgorithm | undefined;
}

/** Options of what makes a file or a directory. */
export interface CreateOptions extends VerbOptions {
  /** The twelve POSIX bits, exact whatever the server's umask. */
  readonly mode?: number | undefined;
}

/** Options of `put`. */
export interface PutOptions extends CreateOptions {
  /** The modification time of the new file. Default: when it was written. */
  readonly mtime?: Date | undefined;
  /** The old content or the new, never a mix. Default true. `false` writes in place. */
  readonly atomic?: boolean | undefined;
  /** Nothing has this name yet, because the caller made the directory: saves the look at what would be replaced. Default false. */
  readonly isNew?: boolean | undefined;
  /** Make missing directories above the file, which stay whatever becomes of it. Default false. */
  readonly createParents?: boolean | undefined;
  /** Ask the server to have the content on its disk before the new name is visible. Default false. */
  readonly fsync?: boolean | undefined;
}

/** What is to be set; what is absent stays as it is. */
export interface Attributes {
  /** The twelve POSIX bits. */
  readonly mode?: number | undefined;
  /** Stored in the server's own step: `capabilities.mtimeResolutionMs`. */
  readonly mtime?: Date | undefined;
}

/** A part of a file, in bytes. */
export interface ByteRange {
  /** From 0. */
  readonly offset: number;
  /** 0 gives an empty part. */
  readonly length: number;
}

/** What `put` and `append` accept; text is written as UTF-8. An iterable is read once. */
export type ByteSource = Uint8Array | string | AsyncIterable<Uint8Array>;
