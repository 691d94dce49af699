import { constants } from "node:buffer";
import type { Readable, Writable } from "node:stream";

import { systemClock } from "../connection/clock.ts";
import { TransportError } from "../errors/transport-error.ts";
import type { Capabilities } from "../transport/capabilities.ts";
import { ConnectionRequest } from "../transport/connection-request.ts";
import type { Lock, LockInfo, LockOptions } from "../transport/lock.ts";
import type { Operation } from "../transport/operation.ts";
import { abortable, failureAt, readFailureAt, startOperation, throwIfAborted } from "../transport/operation.ts";
import { translateLocationError } from "../transport/registry.ts";
import type { ReuseVerdict } from "../transport/reuse.ts";
import type { Entry, Stat } from "../transport/stat.ts";
import type { LocationInput, TransportOptions } from "../transport/transport-options.ts";
import { Transport } from "../transport/transport.ts";
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
} from "../transport/verb-options.ts";
import type { Verb } from "../transport/verbs.ts";
import { isChanging } from "../transport/verbs.ts";
import { checkAttributes, checkRange, checkRanges } from "../transport/verbs/check-arguments.ts";
import { isSafeName, prefixOf } from "../transport/verbs/list.ts";
import { checkWait } from "../transport/verbs/lock.ts";
import { checkSource, isInMemory } from "../transport/verbs/source.ts";
import { readAll } from "../transport/verbs/read-all.ts";
import type { Location } from "../url/location.ts";
import type { Call } from "./borrower.ts";
import { readContent, readEntries, readParts } from "./incoming.ts";
import { borrowLock } from "./borrowed-lock.ts";
import type { LentDirectory } from "./lent-directory.ts";
import type { AskedVerb } from "./messages.ts";
import { hearLockInfo, hearStat, inlineBytes } from "./messages.ts";
import { sendSource, writeContent } from "./outgoing.ts";
import { cutParts, rangeGroups } from "./range-parts.ts";

/** How a verb is asked for: what it concerns, and how a call for it begins. */
interface Asked {
  readonly at: Location;
  readonly operation: Operation;
  /** A call for the verb, or for the one that it is made of. */
  readonly call: (args: object, verb?: AskedVerb) => Call;
}

/** What is lent, one for each directory. */
export type LentDirectories = readonly LentDirectory[];

/** A directory on somebody else's wire: each verb is done by the lender, who alone knows how that was opened. */
export class BorrowedTransport extends Transport {
  readonly location: Location;
  readonly #lent: LentDirectory;
  /** All of the same lender, this one first asked. */
  readonly #all: LentDirectories;

  constructor(lent: LentDirectory, all: LentDirectories, location: Location = lent.location) {
    super();
    this.#lent = lent;
    this.#all = all;
    this.location = lent.named(location);
  }

  get capabilities(): Capabilities {
    return this.#lent.borrower.capabilities(this.#lent.lent);
  }

  override get sharedWire(): object {
    return this.#lent;
  }

  clone(path = ""): BorrowedTransport {
    return new BorrowedTransport(this.#lent, this.#all, this.#resolve("clone", path));
  }

  abspath(path: string): string {
    return this.#resolve("abspath", path).url;
  }

  relpath(location: LocationInput): string {
    const parsed = this.#lent.registry.parse(location);
    try {
      const path = this.location.relative(this.#lent.named(parsed));
      if (path !== undefined) return path;
    } catch (error) {
      throw translateLocationError(error);
    }
    throw new TransportError("outside-base", `${parsed.redactedUrl} is not below this base`, {
      operation: "relpath",
      url: this.location.redactedUrl,
    });
  }

  requestFor(location: LocationInput | ConnectionRequest, options?: TransportOptions): ConnectionRequest {
    if (location instanceof ConnectionRequest) return location;
    const { registry } = this.#lent;
    return new ConnectionRequest(registry, registry.parse(location), options);
  }

  reuseConnectionFor(location: LocationInput | ConnectionRequest, options?: TransportOptions): Transport | undefined {
    const request = this.requestFor(location, options);
    if (!this.#lent.verdictOn(request).reuse) return undefined;
    const transport = new BorrowedTransport(this.#lent, this.#all, request.shownLocation);
    return transport.base === this.base ? this : transport;
  }

  explainReuse(location: LocationInput | ConnectionRequest, options?: TransportOptions): ReuseVerdict {
    return this.#lent.verdictOn(this.requestFor(location, options));
  }

  has(path: string, options?: VerbOptions): Promise<boolean> {
    return this.#ask("has", path, options, {}, Boolean);
  }

  stat(path: string, options: StatOptions = {}): Promise<Stat> {
    return this.#ask("stat", path, options, { followLinks: options.followLinks }, hearStat);
  }

  async *list(path = "", options: ListOptions = {}): AsyncGenerator<Entry> {
    const at = this.#resolve("list", path);
    try {
      const { operation, call } = this.#asked("list", at, options);
      const prefix = prefixOf(path);
      for await (const entries of readEntries(this.#lent.borrower, call({ mtimes: options.mtimes }), operation)) {
        for (const { name, stat } of entries) {
          throwIfAborted(operation);
          if (isSafeName(name))
            yield { name, path: prefix + name, ...(stat !== undefined && { stat: hearStat(stat) }) };
        }
      }
    } catch (error) {
      throw readFailureAt(error, "list", at, path);
    }
  }

  get(path: string, options: GetOptions = {}): Promise<Readable> {
    return this.#run("get", path, options, (asked) => this.#read(path, options, asked));
  }

  getBytes(path: string, options: GetBytesOptions = {}): Promise<Buffer> {
    return this.#run("getBytes", path, options, async (asked) =>
      readAll(await this.#read(path, options, asked), options.maxBytes ?? constants.MAX_LENGTH),
    );
  }

  async *readv(path: string, ranges: Iterable<ByteRange>, options?: VerbOptions): AsyncGenerator<Buffer> {
    const at = this.#resolve("readv", path);
    try {
      const { operation, call } = this.#asked("readv", at, options);
      const checked = checkRanges(ranges);
      const { borrower } = this.#lent;
      const content = async function* (): AsyncGenerator<Buffer, void> {
        for (const group of rangeGroups(checked)) yield* readParts(borrower, call({ ranges: group }), operation);
      };
      for await (const part of cutParts(content(), checked)) {
        yield part;
        throwIfAborted(operation);
      }
    } catch (error) {
      throw readFailureAt(error, "readv", at, path);
    }
  }

  digest(path: string, { algorithm = "sha256", ...options }: DigestOptions = {}): Promise<string> {
    return this.#ask("digest", path, options, { algorithm }, String);
  }

  put(path: string, source: ByteSource, options: PutOptions = {}): Promise<number> {
    const { mtime, atomic, isNew, createParents, fsync } = options;
    return this.#write("put", path, source, options, { mtime: mtime?.getTime(), atomic, isNew, createParents, fsync });
  }

  append(path: string, source: ByteSource, options: CreateOptions = {}): Promise<number> {
    return this.#write("append", path, source, options, {});
  }

  openWriteStream(path: string, options: CreateOptions = {}): Promise<Writable> {
    return this.#run("openWriteStream", path, options, ({ at, operation, call }) => {
      checkAttributes(options);
      return writeContent(this.#lent.borrower, call({ mode: options.mode }), at, path, operation);
    });
  }

  mkdir(path: string, options: CreateOptions = {}): Promise<void> {
    return this.#make("mkdir", path, options, nothing);
  }

  ensureBase(options: CreateOptions = {}): Promise<boolean> {
    return this.#make("ensureBase", "", options, Boolean);
  }

  createPrefix(options: CreateOptions = {}): Promise<boolean> {
    return this.#make("createPrefix", "", options, Boolean);
  }

  delete(path: string, options?: VerbOptions): Promise<void> {
    return this.#ask("delete", path, options, {}, nothing);
  }

  rmdir(path: string, options?: VerbOptions): Promise<void> {
    return this.#ask("rmdir", path, options, {}, nothing);
  }

  deleteTree(path: string, options?: VerbOptions): Promise<void> {
    return this.#ask("deleteTree", path, options, {}, nothing);
  }

  rename(from: string, to: string, options?: VerbOptions): Promise<void> {
    return this.#between("rename", from, to, options);
  }

  move(from: string, to: string, options?: VerbOptions): Promise<void> {
    return this.#between("move", from, to, options);
  }

  copy(from: string, to: string, options?: VerbOptions): Promise<void> {
    return this.#between("copy", from, to, options);
  }

  symlink(target: string, path: string, options?: VerbOptions): Promise<void> {
    return this.#ask("symlink", path, options, { target }, nothing);
  }

  readlink(path: string, options?: VerbOptions): Promise<string> {
    return this.#ask("readlink", path, options, {}, String);
  }

  hardlink(existing: string, path: string, options?: VerbOptions): Promise<void> {
    return this.#between("hardlink", path, existing, options);
  }

  setAttributes(path: string, attributes: Attributes, options?: VerbOptions): Promise<void> {
    const { mode, mtime } = attributes;
    return this.#ask("setAttributes", path, options, { mode, mtime: mtime?.getTime() }, nothing, attributes);
  }

  lock(path: string, options: LockOptions = {}): Promise<Lock> {
    return this.#run("lock", path, options, ({ at, operation, call }) =>
      borrowLock(this.#lent.borrower, call({ waitMs: wholeMs(options.waitMs) }), at, path, operation),
    );
  }

  override lockInfo(path: string, options?: VerbOptions): Promise<LockInfo | undefined> {
    return this.#ask("lockInfo", path, options, {}, (said) => (said === undefined ? undefined : hearLockInfo(said)));
  }

  override breakLock(path: string, { id, holder }: LockInfo, options?: VerbOptions): Promise<void> {
    return this.#ask("breakLock", path, options, { id, holder }, nothing);
  }

  localPath(path: string): string {
    throw new TransportError("not-local", "what is lent is reached through its lender only", {
      operation: "localPath",
      url: this.#resolve("localPath", path).redactedUrl,
      path,
      hint: "Read it with get() or getBytes()",
    });
  }

  externalUrl(): string {
    return this.location.base;
  }

  /** The lender's business; so is `disconnect`. */
  async connect(): Promise<void> {}

  async disconnect(): Promise<void> {}

  connectionReport(): undefined {
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #read(path: string, options: GetOptions, { at, operation, call }: Asked): Promise<Readable> {
    const { offset = 0, length } = options;
    checkRange({ offset, length });
    return readContent(this.#lent.borrower, call({ offset, length }, "get"), at, path, operation);
  }

  #write(
    verb: "put" | "append",
    path: string,
    source: ByteSource,
    options: CreateOptions & Attributes,
    args: object,
  ): Promise<number> {
    return this.#run(verb, path, options, async ({ operation, call }) => {
      checkAttributes(options);
      const content = checkSource(source);
      const { borrower } = this.#lent;
      const all = { ...args, mode: options.mode };
      if (!isInMemory(content) || content.length > inlineBytes)
        return Number(await sendSource(borrower, call(all), content, operation));
      return Number(await borrower.ask({ ...call({ ...all, inline: true }), body: content }, operation));
    });
  }

  #make<T>(verb: Verb & AskedVerb, path: string, options: CreateOptions, hear: (said: unknown) => T): Promise<T> {
    return this.#ask(verb, path, options, { mode: options.mode }, hear, options);
  }

  /** A verb of two paths; failures name the first. */
  #between(verb: Verb & AskedVerb, path: string, other: string, options: VerbOptions | undefined): Promise<void> {
    return this.#run(verb, path, options, async ({ operation, call }) => {
      const [asked, target] = [call({}), this.#place(this.#resolve(verb, other))];
      if (asked.lent !== target.lent)
        throw new TransportError("unsupported", "the two paths are in directories that are lent each by itself");
      await this.#lent.borrower.ask({ ...asked, args: { to: target.path } }, operation);
    });
  }

  /** Has the lender do something, and answers with what was heard of it. */
  #ask<T>(
    verb: Verb & AskedVerb,
    path: string,
    options: VerbOptions | undefined,
    args: object,
    hear: (said: unknown) => T,
    attributes: Attributes = {},
  ): Promise<T> {
    return this.#run(verb, path, options, async ({ operation, call }) => {
      checkAttributes(attributes);
      return hear(await this.#lent.borrower.ask(call(args), operation));
    });
  }

  async #run<T>(
    verb: Verb,
    path: string,
    options: VerbOptions | undefined,
    work: (asked: Asked) => Promise<T>,
  ): Promise<T> {
    const at = this.#resolve(verb, path);
    const changes = isChanging(verb);
    try {
      const asked = this.#asked(verb, at, options);
      return await abortable(work(asked), asked.operation, changes, systemClock);
    } catch (error) {
      throw (changes ? failureAt : readFailureAt)(error, verb, at, path);
    }
  }

  #asked(verb: Verb, at: Location, options: VerbOptions | undefined): Asked {
    const operation = startOperation(verb, options);
    const place = this.#place(at);
    const call = (args: object, asked: AskedVerb = verb as AskedVerb): Call => ({ verb: asked, ...place, args });
    return { at, operation, call };
  }

  /** Where something is with the lender: in this directory, or else in another one that is lent. */
  #place(at: Location): { readonly lent: number; readonly path: string } {
    for (const directory of [this.#lent, ...this.#all]) {
      const path = directory.pathOf(at);
      if (path !== undefined) return { lent: directory.lent, path };
    }
    throw new TransportError("outside-base", `only what is below ${this.#lent.location.base} is lent`);
  }

  /** The location of a path; a refusal says which function was given it. */
  #resolve(operation: string, path: string): Location {
    try {
      return this.location.resolve(path);
    } catch (error) {
      throw failureAt(error, operation, this.location, path);
    }
  }
}

function nothing(): void {}

/** As JSON can say it. */
function wholeMs(waitMs = 0): number {
  return Math.ceil(Math.min(checkWait(waitMs), Number.MAX_SAFE_INTEGER));
}
