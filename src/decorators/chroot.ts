import type { Readable, Writable } from "node:stream";

import { TransportError, isTransportError } from "../errors/transport-error.ts";
import type { ConnectionRequest } from "../transport/connection-request.ts";
import type { Lock, LockInfo, LockOptions } from "../transport/lock.ts";
import type { Decorator } from "../transport/scheme.ts";
import type { Entry, Stat } from "../transport/stat.ts";
import { TransportDecorator } from "../transport/transport-decorator.ts";
import type { LocationInput, TransportOptions } from "../transport/transport-options.ts";
import type { Transport } from "../transport/transport.ts";
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
import { prefixOf } from "../transport/verbs/list.ts";
import { LinkGuard } from "./chroot-links.ts";
import type { ChrootPlace } from "./chroot-place.ts";
import { findInChroot } from "./chroot-place.ts";
import { retold } from "./retold.ts";

/** What a verb does with the last name of its path. */
interface Reach {
  /** Goes on where it leads if it is a link. */
  readonly follows: boolean;
  /** What the verb is refused with for the root itself, whose name is in a directory outside. */
  readonly ofRoot?: "is-a-directory" | "outside-base";
}

const looks: Reach = { follows: false };
const goes: Reach = { follows: true };
const reads: Reach = { follows: true, ofRoot: "is-a-directory" };
const files: Reach = { follows: false, ofRoot: "is-a-directory" };
const moves: Reach = { follows: false, ofRoot: "outside-base" };

/**
 * `chroot+`: a directory as if it were the root of everything. `/` is that directory, `..` stops there, and a link that leads out of it is not followed. A
 * boundary.
 */
class ChrootTransport extends TransportDecorator {
  readonly prefix = "chroot";
  readonly boundary = true;
  readonly #root: Transport;
  readonly #guard: LinkGuard;

  /** `inner` is `root`, or a directory below it. */
  constructor(root: Transport, inner: Transport = root) {
    super(inner);
    this.#root = root;
    this.#guard = new LinkGuard(root);
  }

  protected around(inner: Transport): ChrootTransport {
    return new ChrootTransport(inner);
  }

  override clone(path = ""): Transport {
    return this.#say("clone", path, (at) => new ChrootTransport(this.#root, this.inner.clone(at)));
  }

  override abspath(path: string): string {
    return this.#say("abspath", path, (at) => super.abspath(at));
  }

  override relpath(location: LocationInput): string {
    const path = super.relpath(location);
    return this.#say("relpath", path, () => path);
  }

  /** A path tells no other program where it must not go: what is on it by then is for that program to look at. */
  override localPath(path: string): string {
    return this.#say("localPath", path, (at) => super.localPath(at));
  }

  /** What a URL of its own says is the root of what it gets, also where this one reaches further up. */
  override reuseConnectionFor(
    location: LocationInput | ConnectionRequest,
    options?: TransportOptions,
  ): Transport | undefined {
    const lent = super.reuseConnectionFor(location, options);
    return lent === this && !this.#isAtRoot ? this.around(this.inner) : lent;
  }

  override has(path: string, options?: VerbOptions): Promise<boolean> {
    return this.#in("has", path, goes, options, (at) => this.inner.has(at, options));
  }
  override stat(path: string, options?: StatOptions): Promise<Stat> {
    const reach = options?.followLinks === true ? goes : looks;
    return this.#in("stat", path, reach, options, (at, { names }) =>
      // Whether a link leads to the root is told by the directory above it.
      this.inner.stat(at, names.length === 0 ? { ...options, followLinks: true } : options),
    );
  }
  override async *list(path = "", options?: ListOptions): AsyncGenerator<Entry> {
    const prefix = prefixOf(path);
    const entries = this.#through("list", path, goes, options, (at) => this.inner.list(at, options));
    for await (const entry of entries) yield { ...entry, path: prefix + entry.name };
  }
  override get(path: string, options?: GetOptions): Promise<Readable> {
    return this.#in("get", path, reads, options, (at) => this.inner.get(at, options));
  }
  override getBytes(path: string, options?: GetBytesOptions): Promise<Buffer> {
    return this.#in("getBytes", path, reads, options, (at) => this.inner.getBytes(at, options));
  }
  override readv(path: string, ranges: Iterable<ByteRange>, options?: VerbOptions): AsyncIterable<Buffer> {
    return this.#through("readv", path, reads, options, (at) => this.inner.readv(at, ranges, options));
  }
  override digest(path: string, options?: DigestOptions): Promise<string> {
    return this.#in("digest", path, reads, options, (at) => this.inner.digest(at, options));
  }
  override put(path: string, source: ByteSource, options?: PutOptions): Promise<number> {
    return this.#in("put", path, options?.atomic === false ? reads : files, options, async (at) => {
      if (options?.createParents === true) await this.#makeRoot({ signal: options.signal });
      return await this.inner.put(at, source, options);
    });
  }
  override append(path: string, source: ByteSource, options?: CreateOptions): Promise<number> {
    return this.#in("append", path, reads, options, (at) => this.inner.append(at, source, options));
  }
  override openWriteStream(path: string, options?: CreateOptions): Promise<Writable> {
    return this.#in("openWriteStream", path, reads, options, (at) => this.inner.openWriteStream(at, options));
  }
  override mkdir(path: string, options?: CreateOptions): Promise<void> {
    return this.#in("mkdir", path, looks, options, async (at, { names }) => {
      if (names.length > 0) await this.inner.mkdir(at, options);
      else if (!(await this.#makeRoot(options)))
        throw new TransportError("already-exists", "the root is there already");
    });
  }
  override ensureBase(options?: CreateOptions): Promise<boolean> {
    return this.#in("ensureBase", "", goes, options, (_at, { names }) =>
      names.length === 0 ? this.#makeRoot(options) : this.inner.ensureBase(options),
    );
  }
  override createPrefix(options?: CreateOptions): Promise<boolean> {
    return this.#in("createPrefix", "", goes, options, async (_at, { names }) => {
      const made = await this.#makeRoot(names.length === 0 ? options : { signal: options?.signal });
      return names.length === 0 ? made : await this.inner.createPrefix(options);
    });
  }
  override delete(path: string, options?: VerbOptions): Promise<void> {
    return this.#in("delete", path, files, options, (at) => this.inner.delete(at, options));
  }
  override rmdir(path: string, options?: VerbOptions): Promise<void> {
    return this.#in("rmdir", path, moves, options, (at) => this.inner.rmdir(at, options));
  }
  override deleteTree(path: string, options?: VerbOptions): Promise<void> {
    return this.#in("deleteTree", path, moves, options, (at) => this.inner.deleteTree(at, options));
  }
  override rename(from: string, to: string, options?: VerbOptions): Promise<void> {
    return this.#between("rename", [from, moves], [to, files], options, (...at) => this.inner.rename(...at, options));
  }
  override move(from: string, to: string, options?: VerbOptions): Promise<void> {
    return this.#between("move", [from, moves], [to, files], options, (...at) => this.inner.move(...at, options));
  }
  override copy(from: string, to: string, options?: VerbOptions): Promise<void> {
    return this.#between("copy", [from, reads], [to, files], options, (...at) => this.inner.copy(...at, options));
  }
  override symlink(target: string, path: string, options?: VerbOptions): Promise<void> {
    return this.#in("symlink", path, files, options, async (at, { names }) => {
      await this.#guard.checkTarget(names, target, options);
      await this.inner.symlink(target, at, options);
    });
  }
  override readlink(path: string, options?: VerbOptions): Promise<string> {
    return this.#in("readlink", path, looks, options, (at) => this.inner.readlink(at, options));
  }
  /** Some systems follow a link that they are to give a second name. */
  override hardlink(existing: string, path: string, options?: VerbOptions): Promise<void> {
    const link = (from: string, to: string): Promise<void> => this.inner.hardlink(from, to, options);
    return this.#between("hardlink", [path, files], [existing, reads], options, (to, from) => link(from, to));
  }
  override setAttributes(path: string, attributes: Attributes, options?: VerbOptions): Promise<void> {
    return this.#in("setAttributes", path, goes, options, (at) => this.inner.setAttributes(at, attributes, options));
  }
  override lock(path: string, options?: LockOptions): Promise<Lock> {
    return this.#in("lock", path, moves, options, async (at, place) => {
      await this.#checkLock(place, options);
      const lock = await this.inner.lock(at, options);
      const release = (): Promise<void> => lock.release();
      return { path, release, [Symbol.asyncDispose]: release };
    });
  }
  override lockInfo(path: string, options?: VerbOptions): Promise<LockInfo | undefined> {
    return this.#in("lockInfo", path, moves, options, async (at, place) => {
      await this.#checkLock(place, options);
      return await this.inner.lockInfo(at, options);
    });
  }
  override breakLock(path: string, info: LockInfo, options?: VerbOptions): Promise<void> {
    return this.#in("breakLock", path, moves, options, async (at, place) => {
      await this.#checkLock(place, options);
      await this.inner.breakLock(at, info, options);
    });
  }

  /** Where a lock is a directory, what is in it says who holds it, and is read. */
  async #checkLock({ names }: ChrootPlace, options: VerbOptions | undefined): Promise<void> {
    const [name = ""] = names.slice(-1);
    await this.#guard.check([...names.slice(0, -1), `${name}.lock`], true, options);
  }

  /** Runs a verb inside: on a path that was found there, and whose links do not lead out. */
  async #in<T>(
    verb: Verb,
    path: string,
    reach: Reach,
    options: VerbOptions | undefined,
    work: (at: string, place: ChrootPlace) => Promise<T>,
  ): Promise<T> {
    try {
      const place = this.#find(path);
      await this.#check(place, reach, options);
      return await work(place.fromBase, place);
    } catch (error) {
      throw this.#told(error, verb, path);
    }
  }

  /** As `#in`, for a verb of two paths; failures name the first. */
  #between<T>(
    verb: Verb,
    [path, reach]: readonly [string, Reach],
    [other, otherReach]: readonly [string, Reach],
    options: VerbOptions | undefined,
    work: (at: string, otherAt: string) => Promise<T>,
  ): Promise<T> {
    return this.#in(verb, path, reach, options, async (at) => {
      const place = this.#find(other);
      await this.#check(place, otherReach, options);
      return await work(at, place.fromBase);
    });
  }

  /** As `#in`, for a verb that answers with an iterable. */
  async *#through<T>(
    verb: Verb,
    path: string,
    reach: Reach,
    options: VerbOptions | undefined,
    work: (at: string) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    try {
      const place = this.#find(path);
      await this.#check(place, reach, options);
      yield* work(place.fromBase);
    } catch (error) {
      throw this.#told(error, verb, path);
    }
  }

  /** What is said of a path inside, without a look at what is there. */
  #say<T>(operation: string, path: string, work: (at: string) => T): T {
    try {
      return work(this.#find(path).fromBase);
    } catch (error) {
      throw this.#told(error, operation, path);
    }
  }

  get #isAtRoot(): boolean {
    return this.inner.location.segments.length === this.#root.location.segments.length;
  }

  #find(path: string): ChrootPlace {
    return findInChroot(this.#root.location, this.inner.location, path);
  }

  async #check({ names }: ChrootPlace, { follows, ofRoot }: Reach, options: VerbOptions | undefined): Promise<void> {
    if (names.length === 0 && ofRoot !== undefined && !this.#root.location.whole)
      throw new TransportError(ofRoot, "this is the root of the chroot, whose own name is outside");
    await this.#guard.check(names, follows, options);
  }

  /**
   * Makes the root, and nothing above it; true if it made it. Verbs that make whatever is missing above them must find it, or they would go on above. It is
   * looked at first: who cannot make what is there asks the directory above it why.
   */
  async #makeRoot(options: CreateOptions | undefined): Promise<boolean> {
    const root = await this.#root.stat("", { followLinks: true, signal: options?.signal }).catch(unlessMissing);
    return root?.type === "directory" ? false : await this.#root.ensureBase(options);
  }

  /** A failure with the verb and the path that the caller knows; what is said of a look at a name on the way is not said. */
  #told(error: unknown, operation: string, path: string): TransportError {
    return retold(error, operation, path, this.location.redactedUrl);
  }
}

function unlessMissing(error: unknown): undefined {
  if (!isTransportError(error, "not-found", "not-a-directory")) throw error;
}

/**
 * The directory of a transport as if it were the root of everything, on the same wire. The answer reaches nothing outside: `/` is that directory, `..` stops
 * there, links that lead out are refused with `outside-base`.
 */
export function chroot(transport: Transport): Transport {
  return new ChrootTransport(transport);
}

export const chrootDecorator: Decorator = { name: "chroot", wrap: chroot };
