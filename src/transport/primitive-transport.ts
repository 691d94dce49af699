import type { Readable, Writable } from "node:stream";

import type { Clock } from "../connection/clock.ts";
import { systemClock } from "../connection/clock.ts";
import { TransportError } from "../errors/transport-error.ts";
import type { Location } from "../url/location.ts";
import type { Capabilities } from "./capabilities.ts";
import { ConnectionRequest } from "./connection-request.ts";
import type { Lock, LockInfo, LockOptions } from "./lock.ts";
import type { Operation } from "./operation.ts";
import { abortable, failureAt, readFailureAt, startOperation } from "./operation.ts";
import type { Primitives } from "./primitives.ts";
import type { Registry } from "./registry.ts";
import { translateLocationError } from "./registry.ts";
import type { Entry, Stat } from "./stat.ts";
import type { LocationInput, TransportOptions } from "./transport-options.ts";
import { Transport } from "./transport.ts";
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
import { append } from "./verbs/append.ts";
import { deleteFile, makeDirectory, makeHardlink, makeSymlink, removeDirectory, rename } from "./verbs/changes.ts";
import { checkAttributes, checkRange, checkRanges } from "./verbs/check-arguments.ts";
import { copy } from "./verbs/copy.ts";
import { deleteTree } from "./verbs/delete-tree.ts";
import { digest } from "./verbs/digest.ts";
import { getBytes } from "./verbs/get-bytes.ts";
import { has } from "./verbs/has.ts";
import { list } from "./verbs/list.ts";
import { breakLock, checkWait, lock, lockInfo } from "./verbs/lock.ts";
import { ensureDirectory, ensurePath } from "./verbs/make-directories.ts";
import { move } from "./verbs/move.ts";
import { put } from "./verbs/put.ts";
import { readv } from "./verbs/readv.ts";
import { checkSource } from "./verbs/source.ts";

/** Every verb, on top of the primitives of a scheme: checks what callers hand in, resolves paths, and gives failures their place. */
export abstract class PrimitiveTransport extends Transport {
  readonly location: Location;
  /** What the scheme does itself. */
  protected readonly primitives: Primitives;
  /** Where the transport's scheme was found, and others are. */
  protected readonly registry: Registry;

  constructor(registry: Registry, location: Location, primitives: Primitives) {
    super();
    this.registry = registry;
    this.location = location;
    this.primitives = primitives;
  }

  get capabilities(): Capabilities {
    return this.primitives.capabilities;
  }

  /** What limits are measured by. */
  protected get clock(): Clock {
    return systemClock;
  }

  abspath(path: string): string {
    return this.resolve("abspath", path).url;
  }

  relpath(location: LocationInput): string {
    const parsed = this.registry.parse(location);
    // Whoever the surroundings name for this transport, they name for what is below it, too.
    const path = this.#relative(parsed) ?? this.#relative(this.requestFor(parsed).effective.shownLocation);
    if (path !== undefined) return path;
    throw new TransportError("outside-base", `${parsed.redactedUrl} is not below this base`, {
      operation: "relpath",
      url: this.location.redactedUrl,
    });
  }

  requestFor(location: LocationInput | ConnectionRequest, options?: TransportOptions): ConnectionRequest {
    if (location instanceof ConnectionRequest) return location;
    return new ConnectionRequest(this.registry, this.registry.parse(location), options);
  }

  has(path: string, options?: VerbOptions): Promise<boolean> {
    return this.#run("has", path, options, (at, operation) => has(this.primitives, at, operation));
  }

  stat(path: string, options: StatOptions = {}): Promise<Stat> {
    const { followLinks = false } = options;
    return this.#run("stat", path, options, (at, operation) => this.primitives.statAt(at, { followLinks }, operation));
  }

  async *list(path = "", options: ListOptions = {}): AsyncGenerator<Entry> {
    const at = this.resolve("list", path);
    try {
      const operation = startOperation("list", options, this.clock);
      this.#require("listable", "list");
      yield* list(this.primitives, at, path, options, operation);
    } catch (error) {
      throw readFailureAt(error, "list", at, path);
    }
  }

  get(path: string, options: GetOptions = {}): Promise<Readable> {
    const range = { offset: options.offset ?? 0, length: options.length };
    return this.#run("get", path, options, async (at, operation) => {
      checkRange(range);
      return sparingTheProcess(await this.primitives.readAt(at, range, operation));
    });
  }

  getBytes(path: string, options: GetBytesOptions = {}): Promise<Buffer> {
    return this.#run("getBytes", path, options, (at, operation) => getBytes(this.primitives, at, options, operation));
  }

  async *readv(path: string, ranges: Iterable<ByteRange>, options?: VerbOptions): AsyncGenerator<Buffer> {
    const at = this.resolve("readv", path);
    try {
      const operation = startOperation("readv", options, this.clock);
      yield* readv(this.primitives, at, checkRanges(ranges), operation);
    } catch (error) {
      throw readFailureAt(error, "readv", at, path);
    }
  }

  digest(path: string, { algorithm = "sha256", ...options }: DigestOptions = {}): Promise<string> {
    return this.#run("digest", path, options, (at, operation) => digest(this.primitives, at, algorithm, operation));
  }

  put(path: string, source: ByteSource, options: PutOptions = {}): Promise<number> {
    return this.#change("put", path, options, (at, operation) => {
      this.#checkAttributes(options);
      return put(this.primitives, at, checkSource(source), options, operation);
    });
  }

  append(path: string, source: ByteSource, options: CreateOptions = {}): Promise<number> {
    return this.#change("append", path, options, (at, operation) => {
      this.#require("append", "append");
      this.#checkAttributes(options);
      return append(this.primitives, at, checkSource(source), options.mode, operation);
    });
  }

  openWriteStream(path: string, options: CreateOptions = {}): Promise<Writable> {
    return this.#change("openWriteStream", path, options, async (at, operation) => {
      this.#require("writeStream", "openWriteStream");
      this.#checkAttributes(options);
      return sparingTheProcess(await this.primitives.openWriterAt(at, { mode: options.mode }, operation));
    });
  }

  mkdir(path: string, options: CreateOptions = {}): Promise<void> {
    return this.#change("mkdir", path, options, (at, operation) => {
      this.#require("directories", "mkdir");
      this.#checkAttributes(options);
      return makeDirectory(this.primitives, at, options.mode, operation);
    });
  }

  ensureBase(options: CreateOptions = {}): Promise<boolean> {
    return this.#change("ensureBase", "", options, (at, operation) => {
      this.#checkAttributes(options);
      return ensureDirectory(this.primitives, at, options.mode, operation);
    });
  }

  createPrefix(options: CreateOptions = {}): Promise<boolean> {
    return this.#change("createPrefix", "", options, (at, operation) => {
      this.#checkAttributes(options);
      return ensurePath(this.primitives, at, options.mode, operation);
    });
  }

  delete(path: string, options?: VerbOptions): Promise<void> {
    return this.#change("delete", path, options, (at, operation) => deleteFile(this.primitives, at, operation));
  }

  rmdir(path: string, options?: VerbOptions): Promise<void> {
    return this.#change("rmdir", path, options, (at, operation) => {
      this.#require("directories", "rmdir");
      return removeDirectory(this.primitives, at, operation);
    });
  }

  deleteTree(path: string, options?: VerbOptions): Promise<void> {
    return this.#change("deleteTree", path, options, (at, operation) => deleteTree(this.primitives, at, operation));
  }

  rename(from: string, to: string, options?: VerbOptions): Promise<void> {
    return this.#change("rename", from, options, (at, operation) => {
      this.#require("rename", "rename");
      return rename(this.primitives, at, this.resolve("rename", to), operation);
    });
  }

  move(from: string, to: string, options?: VerbOptions): Promise<void> {
    return this.#change("move", from, options, (at, operation) =>
      move(this.primitives, at, this.resolve("move", to), operation),
    );
  }

  copy(from: string, to: string, options?: VerbOptions): Promise<void> {
    return this.#change("copy", from, options, (at, operation) =>
      copy(this.primitives, at, this.resolve("copy", to), operation),
    );
  }

  symlink(target: string, path: string, options?: VerbOptions): Promise<void> {
    return this.#change("symlink", path, options, (at, operation) => {
      this.#require("symlinks", "symlink");
      return makeSymlink(this.primitives, target, at, operation);
    });
  }

  readlink(path: string, options?: VerbOptions): Promise<string> {
    return this.#run("readlink", path, options, (at, operation) => {
      this.#require("symlinks", "readlink");
      return this.primitives.readlinkAt(at, operation);
    });
  }

  hardlink(existing: string, path: string, options?: VerbOptions): Promise<void> {
    return this.#change("hardlink", path, options, (at, operation) => {
      this.#require("hardlinks", "hardlink");
      return makeHardlink(this.primitives, this.resolve("hardlink", existing), at, operation);
    });
  }

  setAttributes(path: string, attributes: Attributes, options?: VerbOptions): Promise<void> {
    return this.#change("setAttributes", path, options, (at, operation) => {
      this.#checkAttributes(attributes);
      if (attributes.mode !== undefined) this.#require("modes", "setAttributes({ mode })");
      if (attributes.mtime !== undefined) this.#require("setsMtime", "setAttributes({ mtime })");
      return this.primitives.setAttributesAt(at, attributes, operation);
    });
  }

  lock(path: string, options: LockOptions = {}): Promise<Lock> {
    return this.#change("lock", path, options, (at, operation) => {
      this.#requireLocks("lock");
      return lock(this.primitives, at, path, checkWait(options.waitMs ?? 0), operation);
    });
  }

  override lockInfo(path: string, options?: VerbOptions): Promise<LockInfo | undefined> {
    return this.#run("lockInfo", path, options, async (at, operation) => {
      this.#requireLocks("lockInfo");
      return await lockInfo(this.primitives, at, operation);
    });
  }

  override breakLock(path: string, info: LockInfo, options?: VerbOptions): Promise<void> {
    return this.#change("breakLock", path, options, async (at, operation) => {
      this.#requireLocks("breakLock");
      await breakLock(this.primitives, at, info, operation);
    });
  }

  localPath(path: string): string {
    const at = this.resolve("localPath", path);
    try {
      if (this.primitives.localPathOf !== undefined) return this.primitives.localPathOf(at);
    } catch (error) {
      throw failureAt(error, "localPath", at, path);
    }
    throw new TransportError("not-local", "there is no local file behind this URL", {
      operation: "localPath",
      url: at.redactedUrl,
      path,
      hint: "Read it with get() or getBytes()",
    });
  }

  externalUrl(): string {
    return this.location.with({ decorators: [] }).base;
  }

  /** Runs a verb that changes something; refused outright where the transport is read-only. */
  #change<T>(
    name: string,
    path: string,
    options: VerbOptions | undefined,
    work: (at: Location, operation: Operation) => Promise<T>,
  ): Promise<T> {
    const write = (at: Location, operation: Operation): Promise<T> => {
      if (!this.capabilities.writable) throw new TransportError("read-only", "this transport is read-only");
      return work(at, operation);
    };
    return this.#run(name, path, options, write, true);
  }

  async #run<T>(
    name: string,
    path: string,
    options: VerbOptions | undefined,
    work: (at: Location, operation: Operation) => Promise<T>,
    changes = false,
  ): Promise<T> {
    const at = this.resolve(name, path);
    try {
      const operation = startOperation(name, options, this.clock);
      return await abortable(work(at, operation), operation, changes, this.clock);
    } catch (error) {
      throw (changes ? failureAt : readFailureAt)(error, name, at, path);
    }
  }

  #relative(location: Location): string | undefined {
    try {
      return this.location.relative(location);
    } catch (error) {
      throw translateLocationError(error);
    }
  }

  /** The location of a path; a refusal says which function was given it. */
  protected resolve(operation: string, path: string): Location {
    try {
      return this.location.resolve(path);
    } catch (error) {
      throw failureAt(error, operation, this.location, path);
    }
  }

  /** A mode or a time that is none is refused, and so are bits that would be lost without a word. */
  #checkAttributes(attributes: Attributes): void {
    checkAttributes(attributes);
    const { mode = 0 } = attributes;
    if (mode > 0o777 && !this.capabilities.specialModes)
      throw this.#unsupported("set the set-user-ID, set-group-ID and sticky bits");
  }

  #require(capability: keyof Capabilities, verb: string): void {
    if (this.capabilities[capability] === false) throw this.#unsupported(verb);
  }

  #requireLocks(verb: string): void {
    if (this.capabilities.lock === "none") throw this.#unsupported(verb);
  }

  #unsupported(verb: string): TransportError {
    return new TransportError("unsupported", `${this.location.scheme}: cannot ${verb}`, {
      hint: "The transport's capabilities say what it can do",
    });
  }
}

/** A stream that fails while nobody listens, because its wire was lost, must not end the process; whoever reads or writes it is told. */
function sparingTheProcess<Stream extends Readable | Writable>(stream: Stream): Stream {
  return stream.on("error", () => undefined) as Stream;
}
