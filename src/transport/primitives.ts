import type { Readable, Writable } from "node:stream";

import type { Location } from "../url/location.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Lock, LockInfo } from "./lock.ts";
import type { Operation } from "./operation.ts";
import type { Stat } from "./stat.ts";
import type { Attributes, ByteSource, DigestAlgorithm } from "./verb-options.ts";

/** How a file is to be written. */
export interface WriteRequest {
  /** `replace`: create or truncate; `create`: fail with `already-exists` where anything is; `append`: create or extend. */
  readonly how: "replace" | "create" | "append";
  /** The twelve bits, exact; undefined leaves a new file to the server's defaults and an old one as it is. */
  readonly mode: number | undefined;
  /** Undefined: when it was written. */
  readonly mtime: Date | undefined;
  /** Whether the content must be on the server's disk before the promise resolves. */
  readonly fsync: boolean;
  /** Called with the length of the file before anything is appended to it: by that a look can tell what became of it. */
  readonly begins?: (lengthBefore: number) => void;
}

/** What was written. */
export interface WriteResult {
  /** All of the source. */
  readonly bytesWritten: number;
  /** Length of the file before; 0 for a new one. */
  readonly lengthBefore: number;
}

/** What somebody came to know by the way before something was renamed: by that a look can tell what became of it. */
export interface RenameEvidence {
  /** What was there under the old name: described, or no more known of it than that it was. */
  source?: Stat | "there";
  /** What was there under the new name; undefined for nothing. Absent where nobody looked. */
  target?: { readonly was: Stat | undefined };
}

/** A name in a directory as the server gave it, unchecked. */
export interface RawEntry {
  /** Plain text; what is no text the scheme reports and leaves out. */
  readonly name: string;
  /** Of the entry itself, where the listing says so. */
  readonly stat?: Stat | undefined;
}

/** How many reads of which size are wanted at a time. */
export interface ReadLimits {
  /** Ranges with no more than this many bytes between them are read together. */
  readonly mergeGapBytes: number;
  /** Larger stretches are split. */
  readonly maxReadBytes: number;
  /** Bytes asked for ahead of what was taken. */
  readonly aheadBytes: number;
  /** Reads in flight. */
  readonly aheadReads: number;
}

/** What is known of a file that is to be held in memory. */
export interface ReadBytesLimits {
  /** More than this many bytes reject with `no-space`. */
  readonly maxBytes: number;
  /** What a listing said its length is, which need not be true any more. */
  readonly expectedBytes: number | undefined;
}

/** An open file that is read in parts, any number at once. */
export interface PartReader {
  /** What suits it better than the usual limits. */
  readonly limits?: ReadLimits;
  /** The bytes of a part; fewer only where the file ends. */
  read(offset: number, length: number): Promise<Buffer>;
  /** As `read`, into a buffer as long as the part: where that is given, what the buffer holds is good until it is read into again. */
  readonly readInto?: (offset: number, buffer: Buffer) => Promise<Buffer>;
  /** Frees the file. Harmless twice. */
  close(): Promise<void>;
}

/** A file that is to be replaced in one step. */
export interface AtomicPut extends Omit<WriteRequest, "how" | "begins"> {
  /** Read once. */
  readonly source: ByteSource;
  /** The caller made the directory, and nothing in it has this name: there is nothing to look for, and nothing to keep. */
  readonly isNew: boolean;
}

/**
 * What a scheme does itself. Every other verb is written once, on top of these. Locations are resolved and inside the root; failures are
 * `TransportError`s with their code, to which verb, URL and path are added above. What a scheme cannot do it leaves out of its
 * capabilities, and is not asked.
 */
export interface Primitives {
  /** What the scheme, and the server as far as it is known, can do. May change with the first connection. */
  readonly capabilities: Capabilities;
  /** Rejects with `not-found` or `not-a-directory` where there is nothing. */
  statAt(at: Location, how: { readonly followLinks: boolean }, operation: Operation): Promise<Stat>;
  /** Entries as they arrive, in batches; with `mtimes`, those of files with their modification times, if there is a way. Rejects with `not-found`, `not-a-directory`. */
  listAt(at: Location, operation: Operation, how?: { readonly mtimes: boolean }): AsyncIterable<readonly RawEntry[]>;
  /** Resolves once the file is open. Rejects with `not-found`, `is-a-directory`. A range past the end is short. */
  readAt(
    at: Location,
    range: { readonly offset: number; readonly length: number | undefined },
    operation: Operation,
  ): Promise<Readable>;
  /** Writes all of the source, which is not touched before the file is open. Rejects with `not-found` (parent), `is-a-directory`, `already-exists` (create only). */
  writeAt(at: Location, source: ByteSource, request: WriteRequest, operation: Operation): Promise<WriteResult>;
  /** Resolves once the file exists and is empty. */
  openWriterAt(at: Location, how: { readonly mode: number | undefined }, operation: Operation): Promise<Writable>;
  /** Rejects with `already-exists`, `not-found` (parent). */
  mkdirAt(at: Location, how: { readonly mode: number | undefined }, operation: Operation): Promise<void>;
  /** A file or a link. Rejects with `not-found`, `is-a-directory`. */
  deleteAt(at: Location, operation: Operation): Promise<void>;
  /** Rejects with `not-found`, `not-a-directory`, `directory-not-empty`. */
  rmdirAt(at: Location, operation: Operation): Promise<void>;
  /** One step on the server; replaces a file where `atomicReplace`. Rejects with `not-found`, `already-exists`, `directory-not-empty`, `is-a-directory`, `not-a-directory`. */
  renameAt(from: Location, to: Location, operation: Operation, evidence?: RenameEvidence): Promise<void>;
  /** Sets what is given, of a link's target. Asked only for what `modes` and `setsMtime` cover. Rejects with `not-found`. */
  setAttributesAt(at: Location, attributes: Attributes, operation: Operation): Promise<void>;
  /** Rejects with `already-exists`, `not-found` (parent). */
  symlinkAt(target: string, at: Location, operation: Operation): Promise<void>;
  /** The link's text as it is. Rejects with `not-found`, and with `unsupported` for what is no link. */
  readlinkAt(at: Location, operation: Operation): Promise<string>;
  /** Rejects with `not-found`, `already-exists`. */
  hardlinkAt(existing: Location, at: Location, operation: Operation): Promise<void>;
  /** On the server; replaces a file. Asked only where `serverCopy`. */
  copyAt(from: Location, to: Location, operation: Operation): Promise<void>;
  /** Removes a temporary that may be left behind: now, or, where the connection is lost, on the next one. Never rejects. */
  discardTemporary(at: Location): Promise<void>;

  /** The content of a range, where that takes fewer round trips than a stream; undefined where it does not. */
  readBytesAt?(
    at: Location,
    range: { readonly offset: number; readonly length: number | undefined },
    limits: ReadBytesLimits,
    operation: Operation,
  ): Promise<Buffer> | undefined;
  /** A digest in lower-case hex that the server knows or computes; undefined where it does not. Rejects with `not-found`, `is-a-directory`. */
  digestAt?(at: Location, algorithm: DigestAlgorithm, operation: Operation): Promise<string | undefined>;
  /** Opens a file for `readv`, where parts can be read at any offset; the first of them may tell that it is missing. */
  openReaderAt?(at: Location, operation: Operation): Promise<PartReader>;
  /** A whole atomic put, where that takes fewer round trips than the one made of the primitives above. */
  putAt?(at: Location, put: AtomicPut, operation: Operation): Promise<number>;
  /** Deletes a file, or a directory with all that is in it, where that takes fewer requests than one for each. Rejects with `not-found`. */
  deleteTreeAt?(at: Location, operation: Operation): Promise<void>;
  /** The lock of a path, where the server keeps one that is better than the directory that `lock` makes otherwise; undefined where it does not. */
  lockAt?(at: Location, path: string, operation: Operation): Promise<Lock | undefined>;
  /** Who holds the lock that the server keeps; undefined where it keeps none, but there may be that directory. */
  lockInfoAt?(at: Location, operation: Operation): Promise<LockInfo | "nobody" | undefined>;
  /** Takes a lock away that the server keeps, or tells that it is not held any more; undefined where it keeps none of that id, but there may be that directory. */
  breakLockAt?(at: Location, id: string, operation: Operation): Promise<"broken" | "not held" | undefined>;
  /** Whether `rmdirAt` looks whether a directory is empty before it deletes all of it, because the protocol has nothing better. */
  readonly removalLooksFirst?: true;
  /** Closes what else is open because of this connection, for good: wires that a redirect led to. Settles. */
  closeOthers?(): Promise<void>;
  /** The path in the local file system. */
  localPathOf?(at: Location): string;
}
