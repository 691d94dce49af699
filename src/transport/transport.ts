import type { Readable, Writable } from "node:stream";
import { inspect } from "node:util";

import type { ConnectionReport } from "../connection/connection-report.ts";
import type { Location } from "../url/location.ts";
import type { Capabilities } from "./capabilities.ts";
import type { ConnectionRequest } from "./connection-request.ts";
import { TransportError } from "../errors/transport-error.ts";
import type { Lock, LockInfo, LockOptions } from "./lock.ts";
import type { ReuseVerdict } from "./reuse.ts";
import type { Entry, Stat } from "./stat.ts";
import type { LocationInput, TransportOptions } from "./transport-options.ts";
import type {
  Attributes,
  ByteRange,
  ByteSource,
  CreateOptions,
  DigestOptions,
  GetBytesOptions,
  GetOptions,
  ListOptions,
  PutOptions,
  StatOptions,
  VerbOptions,
} from "./verb-options.ts";

/**
 * A directory at a URL, and the verbs on what is in it. Cheap and synchronous to make; the first verb connects.
 *
 * A path is plain text relative to `base`: `/`-separated, never percent-encoded, `.` and `..` resolved before anything is sent,
 * a leading `/` meaning the root; `""` and `.` are the base itself.
 *
 * Every failure is a `TransportError`. Beside the codes that are named here: `unsupported` for what `capabilities` leave out, `read-only` for every change on a transport that only reads,
 * `permission-denied`, and those of the connection: `connection-failed`, `authentication-failed`, `connection-lost`, `timeout`, `aborted`, `closed`.
 */
export abstract class Transport implements AsyncDisposable {
  /** The parsed URL of the base. */
  abstract readonly location: Location;
  /** What the scheme, and the server as far as it is known, can do. May change with the first connection. */
  abstract readonly capabilities: Capabilities;

  /** The normalised URL of the directory: ends in `/`, shows no password. */
  get base(): string {
    return this.location.base;
  }

  /**
   * The same object for all transports on one wire, so that who copies between two of them can leave it to the server; undefined where there is none, or
   * nobody can tell.
   */
  get sharedWire(): object | undefined {
    return undefined;
  }

  /** The transport of another directory on the same wire. `..` stops at the root. Touches no network. */
  abstract clone(path?: string): Transport;
  /** The URL of a path. */
  abstract abspath(path: string): string;
  /** The path of a URL below the base; throws `outside-base` for any other. */
  abstract relpath(location: LocationInput): string;

  /** A transport for `location` on this transport's wire, or undefined where that wire must not serve it. */
  abstract reuseConnectionFor(
    location: LocationInput | ConnectionRequest,
    options?: TransportOptions,
  ): Transport | undefined;
  /** The same decision, and the reason for it in words, without secrets. */
  abstract explainReuse(location: LocationInput | ConnectionRequest, options?: TransportOptions): ReuseVerdict;

  /** The request that a location and options make, parsed by the registry that this transport came from. */
  abstract requestFor(location: LocationInput | ConnectionRequest, options?: TransportOptions): ConnectionRequest;

  /** True for a file, a directory, or a link that resolves; false only where there is nothing. */
  abstract has(path: string, options?: VerbOptions): Promise<boolean>;
  /** Describes a file, directory or link; a link is described as a link unless `followLinks`. Rejects with `not-found`, `not-a-directory` (on the way). */
  abstract stat(path: string, options?: StatOptions): Promise<Stat>;
  /** The entries of a directory, in the server's order, as they arrive. Throws `not-found`, `not-a-directory`. */
  abstract list(path?: string, options?: ListOptions): AsyncIterable<Entry>;
  /** The content as a stream with back-pressure, once the file is open. A range past the end is short. Rejects with `not-found`, `is-a-directory`. */
  abstract get(path: string, options?: GetOptions): Promise<Readable>;
  /** The content, or a range of it, in memory. Rejects as `get` does, and with `no-space` beyond `maxBytes`. */
  abstract getBytes(path: string, options?: GetBytesOptions): Promise<Buffer>;
  /** Parts of a file, in the order asked; rejects with `short-read` where the file ends before a part does. */
  abstract readv(path: string, ranges: Iterable<ByteRange>, options?: VerbOptions): AsyncIterable<Buffer>;
  /** A digest of the content in lower-case hex: computed by the server where it can, else from what is read. Links are followed. */
  abstract digest(path: string, options?: DigestOptions): Promise<string>;
  /**
   * Writes a file, atomically unless told otherwise, and returns the bytes written. A link in the way is replaced by the file, its target
   * stays; with `atomic: false` the target is written instead. Rejects with `not-found` (the directory above, unless `createParents`), `is-a-directory`, `no-space`, and with
   * `unsupported` where the server cannot replace a file in one step.
   */
  abstract put(path: string, source: ByteSource, options?: PutOptions): Promise<number>;
  /** Adds to the end of a file, which it creates if need be, and returns the length before, in bytes. Rejects with `not-found` (the directory above), `is-a-directory`. */
  abstract append(path: string, source: ByteSource, options?: CreateOptions): Promise<number>;
  /** A stream into a file, which exists and is empty once the promise resolves. Rejects as `append` does. */
  abstract openWriteStream(path: string, options?: CreateOptions): Promise<Writable>;
  /** Makes one directory. Rejects with `already-exists` whatever is in its place, `not-found` (the directory above). */
  abstract mkdir(path: string, options?: CreateOptions): Promise<void>;
  /** Makes the base, its parent being there. True if it made it, false if it was there. */
  abstract ensureBase(options?: CreateOptions): Promise<boolean>;
  /** Makes the base and every directory missing above it. True if it made the base, false if it was there. */
  abstract createPrefix(options?: CreateOptions): Promise<boolean>;
  /** Deletes a file or a link, never a link's target. Rejects with `not-found`, `is-a-directory`. */
  abstract delete(path: string, options?: VerbOptions): Promise<void>;
  /** Deletes an empty directory. Rejects with `not-found`, `not-a-directory`, `directory-not-empty`. */
  abstract rmdir(path: string, options?: VerbOptions): Promise<void>;
  /** Deletes a file, a link, or a directory with everything below, following no link. Rejects with `not-found`. */
  abstract deleteTree(path: string, options?: VerbOptions): Promise<void>;
  /** Renames in one step on the server; replaces a file, never a directory that is not empty. Rejects with `not-found`, `directory-not-empty`, `is-a-directory`, `not-a-directory`. */
  abstract rename(from: string, to: string, options?: VerbOptions): Promise<void>;
  /** Moves a file or directory; replaces a file, and refuses a directory in the way. Rejects with `not-found`, `is-a-directory`. */
  abstract move(from: string, to: string, options?: VerbOptions): Promise<void>;
  /** Copies a file, on the server where it can; replaces a file, and refuses a directory in the way. Rejects with `not-found`, `is-a-directory`. */
  abstract copy(from: string, to: string, options?: VerbOptions): Promise<void>;
  /** Makes a link at `path` that holds the text `target`. Rejects with `already-exists`. */
  abstract symlink(target: string, path: string, options?: VerbOptions): Promise<void>;
  /** The text that a link holds. Rejects with `not-found`, and with `unsupported` for what is no link. */
  abstract readlink(path: string, options?: VerbOptions): Promise<string>;
  /** Makes `path` another name of the file `existing`. Rejects with `not-found`, `already-exists`. */
  abstract hardlink(existing: string, path: string, options?: VerbOptions): Promise<void>;
  /** Sets permission bits and modification time, of a link's target where `path` is a link. */
  abstract setAttributes(path: string, attributes: Attributes, options?: VerbOptions): Promise<void>;
  /** Takes an exclusive lock, or rejects with `locked`, saying who holds it: at once, or after `waitMs`. */
  abstract lock(path: string, options?: LockOptions): Promise<Lock>;
  /** Who holds the lock of a path, whatever became of that process; undefined where nobody does. A transport that cannot tell rejects with `unsupported`. */
  lockInfo(path: string, _options?: VerbOptions): Promise<LockInfo | undefined> {
    return Promise.reject(this.#noLocks("lockInfo", path));
  }
  /**
   * Takes a lock away from who was found to hold it by `lockInfo`: exactly that one. Where it has changed hands since, nothing is done: `locked`, or
   * `not-found` where nobody has it any more. Its holder is not asked, and told only when it gives the lock back.
   */
  breakLock(path: string, _info: LockInfo, _options?: VerbOptions): Promise<void> {
    return Promise.reject(this.#noLocks("breakLock", path));
  }
  /** The path in the local file system; throws `not-local` where there is none. */
  abstract localPath(path: string): string;
  /** A URL that other programs understand: no decorators, no password. */
  abstract externalUrl(): string;

  /** Opens the wire now, also after a login was refused. Harmless where there is no wire. */
  abstract connect(options?: VerbOptions): Promise<void>;
  /** Closes the wire; the next verb opens one again. Always settles. */
  abstract disconnect(): Promise<void>;
  /** What happened on the wire so far; undefined where there is none. */
  abstract connectionReport(): ConnectionReport | undefined;

  /** Closes the wire if this transport owns it: if it was obtained with neither a list nor a scope. */
  abstract [Symbol.asyncDispose](): Promise<void>;

  #noLocks(operation: string, path: string): TransportError {
    const { redactedUrl: url } = this.location;
    return new TransportError("unsupported", "this transport tells nothing of locks", { operation, url, path });
  }

  toString(): string {
    return this.base;
  }

  toJSON(): unknown {
    return { base: this.base };
  }
}

// `console.log(transport)` shows where it leads, and nothing of what it holds. (A computed method would need an inferred declaration.)
Object.defineProperty(Transport.prototype, inspect.custom, {
  value(this: Transport): string {
    return `${this.constructor.name} <${this.base}>`;
  },
});
