import type { Readable, Writable } from "node:stream";
import { inspect } from "node:util";

import type { ConnectionReport } from "../connection/connection-report.ts";
import type { Location } from "../url/location.ts";
import type { Capabilities } from "./capabilities.ts";
import type { ConnectionRequest } from "./connection-request.ts";
import type { Lock } from "./lock.ts";
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
 * a leading `/` meaning the root; `""` and `.` are the base itself. Every failure is a `TransportError`.
 */
export abstract class Transport implements AsyncDisposable {
  /** The parsed URL of the base. */
  abstract readonly location: Location;
  abstract readonly capabilities: Capabilities;

  /** The normalised URL of the directory: ends in `/`, shows no password. */
  get base(): string {
    return this.location.base;
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
  /** Describes a file, directory or link; a link is described as a link unless `followLinks`. */
  abstract stat(path: string, options?: StatOptions): Promise<Stat>;
  /** The entries of a directory, in the server's order, as they arrive. */
  abstract list(path?: string, options?: ListOptions): AsyncIterable<Entry>;
  /** The content as a stream with back-pressure, once the file is open. A range past the end is short. */
  abstract get(path: string, options?: GetOptions): Promise<Readable>;
  /** The content in memory. */
  abstract getBytes(path: string, options?: GetBytesOptions): Promise<Buffer>;
  /** Parts of a file, in the order asked; rejects with `short-read` where the file ends before a part does. */
  abstract readv(path: string, ranges: Iterable<ByteRange>, options?: VerbOptions): AsyncIterable<Buffer>;
  /** A digest of the content in lower-case hex: computed by the server where it can, else from what is read. Links are followed. */
  abstract digest(path: string, options?: DigestOptions): Promise<string>;
  /**
   * Writes a file, atomically unless told otherwise, and returns the bytes written. A link in the way is replaced by the file, its target
   * stays; with `atomic: false` the target is written instead.
   */
  abstract put(path: string, source: ByteSource, options?: PutOptions): Promise<number>;
  /** Adds to the end of a file, which it creates if need be, and returns the length before. */
  abstract append(path: string, source: ByteSource, options?: CreateOptions): Promise<number>;
  /** A stream into a file, which exists and is empty once the promise resolves. */
  abstract openWriteStream(path: string, options?: CreateOptions): Promise<Writable>;
  /** Makes one directory; anything in its place is `already-exists`. */
  abstract mkdir(path: string, options?: CreateOptions): Promise<void>;
  /** Makes the base, its parent being there. True if it made it, false if it was there. */
  abstract ensureBase(options?: CreateOptions): Promise<boolean>;
  /** Makes the base and every directory missing above it. True if it made the base, false if it was there. */
  abstract createPrefix(options?: CreateOptions): Promise<boolean>;
  /** Deletes a file or a link, never a link's target. */
  abstract delete(path: string, options?: VerbOptions): Promise<void>;
  /** Deletes an empty directory. */
  abstract rmdir(path: string, options?: VerbOptions): Promise<void>;
  /** Deletes a file, a link, or a directory with everything below, following no link. */
  abstract deleteTree(path: string, options?: VerbOptions): Promise<void>;
  /** Renames in one step on the server; replaces a file, never a directory that is not empty. */
  abstract rename(from: string, to: string, options?: VerbOptions): Promise<void>;
  /** Moves a file or directory; replaces a file, and refuses a directory in the way. */
  abstract move(from: string, to: string, options?: VerbOptions): Promise<void>;
  /** Copies a file, on the server where it can; replaces a file, and refuses a directory in the way. */
  abstract copy(from: string, to: string, options?: VerbOptions): Promise<void>;
  /** Makes a link at `path` that holds the text `target`. */
  abstract symlink(target: string, path: string, options?: VerbOptions): Promise<void>;
  /** The text that a link holds. */
  abstract readlink(path: string, options?: VerbOptions): Promise<string>;
  /** Makes `path` another name of the file `existing`. */
  abstract hardlink(existing: string, path: string, options?: VerbOptions): Promise<void>;
  /** Sets permission bits and modification time, of a link's target where `path` is a link. */
  abstract setAttributes(path: string, attributes: Attributes, options?: VerbOptions): Promise<void>;
  /** Takes an exclusive lock, or rejects with `locked`, saying who holds it. */
  abstract lock(path: string, options?: VerbOptions): Promise<Lock>;
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
