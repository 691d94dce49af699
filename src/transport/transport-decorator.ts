import type { Readable, Writable } from "node:stream";

import type { ConnectionReport } from "../connection/connection-report.ts";
import { LocationError } from "../url/location-error.ts";
import type { Location } from "../url/location.ts";
import type { Capabilities } from "./capabilities.ts";
import type { ConnectionRequest } from "./connection-request.ts";
import type { Lock, LockInfo, LockOptions } from "./lock.ts";
import type { ReuseVerdict } from "./reuse.ts";
import type { Entry, Stat } from "./stat.ts";
import type { LocationInput, TransportOptions } from "./transport-options.ts";
import { Transport } from "./transport.ts";
import type { Verb } from "./verbs.ts";
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

/** A transport around a transport: forwards every verb. A decorator extends it and overrides what it changes. */
export abstract class TransportDecorator extends Transport {
  /** For decorators alone: what a boundary is around is not handed on by it. */
  protected readonly inner: Transport;
  /** The prefix in URLs, without its `+`. */
  abstract readonly prefix: string;
  /**
   * Whether the decorator is a boundary: it then answers for its own prefix only, inside itself only, and never with an undecorated
   * transport. A transparent one lends its wire to any URL.
   */
  abstract readonly boundary: boolean;

  constructor(inner: Transport) {
    super();
    this.inner = inner;
  }

  /** The same decorator around another transport. */
  protected abstract around(inner: Transport): TransportDecorator;

  /** Every verb that answers with a promise passes through here: the one place to change, count or refuse them. `options` are the call's. */
  protected ask<T>(_verb: Verb, _path: string, work: () => Promise<T>, _options?: VerbOptions): Promise<T> {
    return work();
  }

  /** Every verb that answers with an iterable passes through here. */
  protected stream<T>(
    _verb: Verb,
    _path: string,
    work: () => AsyncIterable<T>,
    _options?: VerbOptions,
  ): AsyncIterable<T> {
    return work();
  }

  get location(): Location {
    const { location } = this.inner;
    return location.with({ decorators: [this.prefix, ...location.decorators] });
  }

  get capabilities(): Capabilities {
    return this.inner.capabilities;
  }

  clone(path?: string): Transport {
    return this.around(this.inner.clone(path));
  }

  abspath(path: string): string {
    return `${this.prefix}+${this.inner.abspath(path)}`;
  }

  relpath(location: LocationInput): string {
    const parsed = this.requestFor(location).location;
    return this.inner.relpath(
      parsed.decorators[0] === this.prefix ? parsed.with({ decorators: parsed.decorators.slice(1) }) : parsed,
    );
  }

  reuseConnectionFor(location: LocationInput | ConnectionRequest, options?: TransportOptions): Transport | undefined {
    const request = this.requestFor(location, options);
    const [outermost] = request.location.decorators;
    if (outermost !== this.prefix) return this.boundary ? undefined : this.inner.reuseConnectionFor(request);
    if (this.boundary && !this.#holds(request.location)) return undefined;
    const inner = this.inner.reuseConnectionFor(this.#peeled(request));
    if (inner === undefined) return undefined;
    return inner === this.inner ? this : this.around(inner);
  }

  explainReuse(location: LocationInput | ConnectionRequest, options?: TransportOptions): ReuseVerdict {
    const request = this.requestFor(location, options);
    const own = request.location.decorators[0] === this.prefix;
    if (this.boundary && !own)
      return { reuse: false, reason: `${this.prefix}+ is a boundary and lends its wire to nobody outside it` };
    if (this.boundary && !this.#holds(request.location))
      return { reuse: false, reason: `${this.prefix}+ is a boundary, and that is outside it` };
    return this.inner.explainReuse(own ? this.#peeled(request) : request);
  }

  has(path: string, options?: VerbOptions): Promise<boolean> {
    return this.ask("has", path, () => this.inner.has(path, options), options);
  }
  stat(path: string, options?: StatOptions): Promise<Stat> {
    return this.ask("stat", path, () => this.inner.stat(path, options), options);
  }
  list(path?: string, options?: ListOptions): AsyncIterable<Entry> {
    return this.stream("list", path ?? "", () => this.inner.list(path, options), options);
  }
  get(path: string, options?: GetOptions): Promise<Readable> {
    return this.ask("get", path, () => this.inner.get(path, options), options);
  }
  getBytes(path: string, options?: GetBytesOptions): Promise<Buffer> {
    return this.ask("getBytes", path, () => this.inner.getBytes(path, options), options);
  }
  readv(path: string, ranges: Iterable<ByteRange>, options?: VerbOptions): AsyncIterable<Buffer> {
    return this.stream("readv", path, () => this.inner.readv(path, ranges, options), options);
  }
  digest(path: string, options?: DigestOptions): Promise<string> {
    return this.ask("digest", path, () => this.inner.digest(path, options), options);
  }
  put(path: string, source: ByteSource, options?: PutOptions): Promise<number> {
    return this.ask("put", path, () => this.inner.put(path, source, options), options);
  }
  append(path: string, source: ByteSource, options?: CreateOptions): Promise<number> {
    return this.ask("append", path, () => this.inner.append(path, source, options), options);
  }
  openWriteStream(path: string, options?: CreateOptions): Promise<Writable> {
    return this.ask("openWriteStream", path, () => this.inner.openWriteStream(path, options), options);
  }
  mkdir(path: string, options?: CreateOptions): Promise<void> {
    return this.ask("mkdir", path, () => this.inner.mkdir(path, options), options);
  }
  ensureBase(options?: CreateOptions): Promise<boolean> {
    return this.ask("ensureBase", "", () => this.inner.ensureBase(options), options);
  }
  createPrefix(options?: CreateOptions): Promise<boolean> {
    return this.ask("createPrefix", "", () => this.inner.createPrefix(options), options);
  }
  delete(path: string, options?: VerbOptions): Promise<void> {
    return this.ask("delete", path, () => this.inner.delete(path, options), options);
  }
  rmdir(path: string, options?: VerbOptions): Promise<void> {
    return this.ask("rmdir", path, () => this.inner.rmdir(path, options), options);
  }
  deleteTree(path: string, options?: VerbOptions): Promise<void> {
    return this.ask("deleteTree", path, () => this.inner.deleteTree(path, options), options);
  }
  rename(from: string, to: string, options?: VerbOptions): Promise<void> {
    return this.ask("rename", from, () => this.inner.rename(from, to, options), options);
  }
  move(from: string, to: string, options?: VerbOptions): Promise<void> {
    return this.ask("move", from, () => this.inner.move(from, to, options), options);
  }
  copy(from: string, to: string, options?: VerbOptions): Promise<void> {
    return this.ask("copy", from, () => this.inner.copy(from, to, options), options);
  }
  symlink(target: string, path: string, options?: VerbOptions): Promise<void> {
    return this.ask("symlink", path, () => this.inner.symlink(target, path, options), options);
  }
  readlink(path: string, options?: VerbOptions): Promise<string> {
    return this.ask("readlink", path, () => this.inner.readlink(path, options), options);
  }
  hardlink(existing: string, path: string, options?: VerbOptions): Promise<void> {
    return this.ask("hardlink", path, () => this.inner.hardlink(existing, path, options), options);
  }
  setAttributes(path: string, attributes: Attributes, options?: VerbOptions): Promise<void> {
    return this.ask("setAttributes", path, () => this.inner.setAttributes(path, attributes, options), options);
  }
  lock(path: string, options?: LockOptions): Promise<Lock> {
    return this.ask("lock", path, () => this.inner.lock(path, options), options);
  }
  override lockInfo(path: string, options?: VerbOptions): Promise<LockInfo | undefined> {
    return this.ask("lockInfo", path, () => this.inner.lockInfo(path, options), options);
  }
  override breakLock(path: string, info: LockInfo, options?: VerbOptions): Promise<void> {
    return this.ask("breakLock", path, () => this.inner.breakLock(path, info, options), options);
  }
  localPath(path: string): string {
    return this.inner.localPath(path);
  }
  externalUrl(): string {
    return this.inner.externalUrl();
  }
  connect(options?: VerbOptions): Promise<void> {
    return this.inner.connect(options);
  }
  disconnect(): Promise<void> {
    return this.inner.disconnect();
  }
  connectionReport(): ConnectionReport | undefined {
    return this.inner.connectionReport();
  }
  requestFor(location: LocationInput | ConnectionRequest, options?: TransportOptions): ConnectionRequest {
    return this.inner.requestFor(location, options);
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.inner[Symbol.asyncDispose]();
  }

  #peeled(request: ConnectionRequest): ConnectionRequest {
    const { location } = request;
    return request.with({ location: location.with({ decorators: location.decorators.slice(1) }) });
  }

  #holds(location: Location): boolean {
    try {
      return this.location.relative(location) !== undefined;
    } catch (error) {
      // An encoded slash is one to some servers: nobody knows where that is.
      if (error instanceof LocationError) return false;
      throw error;
    }
  }
}
