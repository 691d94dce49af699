import type { Readable } from "node:stream";

import type { SharedConnection } from "../../connection/shared-connection.ts";
import { S3Objects } from "../../drivers/aws-sdk-objects.ts";
import { HttpClient } from "../../drivers/http-client.ts";
import type { HttpRange } from "../../drivers/http-range.ts";
import type { HttpWire } from "../../drivers/http-wire.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { Capabilities } from "../../transport/capabilities.ts";
import type { Lock, LockInfo } from "../../transport/lock.ts";
import type { Operation } from "../../transport/operation.ts";
import type {
  AtomicPut,
  PartReader,
  Primitives,
  RawEntry,
  ReadBytesLimits,
  WriteRequest,
  WriteResult,
} from "../../transport/primitives.ts";
import type { Stat } from "../../transport/stat.ts";
import type { Attributes, ByteSource, DigestAlgorithm } from "../../transport/verb-options.ts";
import type { Location } from "../../url/location.ts";
import { deleteBelow } from "./delete-tree.ts";
import { listDirectory } from "./list-directory.ts";
import { ObjectLocks } from "./object-locks.ts";
import { objectAt } from "./object-place.ts";
import { S3PartReader } from "./part-reader.ts";
import { s3Capabilities } from "./s3-capabilities.ts";
import type { S3Connector } from "./s3-connector.ts";
import { copyObject } from "./s3-copy.ts";
import { storedDigest } from "./s3-digest.ts";
import { deleteObject } from "./delete-object.ts";
import { S3Directories } from "./s3-directories.ts";
import { fileAt, look, statAt } from "./s3-look.ts";
import { openStream, readBytes } from "./s3-read.ts";
import { store } from "./s3-write.ts";

/** What `s3:` does on a connection. A location's host is the bucket. */
export class S3Primitives implements Primitives {
  readonly #objects: S3Objects;
  readonly #directories: S3Directories;
  readonly #locks: ObjectLocks;

  constructor(connection: SharedConnection<HttpWire>) {
    // The scheme's own, whatever pool it is in; another one once it has adopted what was given late.
    const connector = (): S3Connector => connection.connector as S3Connector;
    this.#objects = new S3Objects(new HttpClient(connection, connector), () => connector().service);
    this.#directories = new S3Directories(this.#objects);
    this.#locks = new ObjectLocks(this.#objects, this.#directories);
  }

  get capabilities(): Capabilities {
    return this.#locks.usable === false ? withoutLocks : s3Capabilities;
  }

  statAt(at: Location, _how: unknown, operation: Operation): Promise<Stat> {
    return statAt(this.#objects, at, operation);
  }

  listAt(at: Location, operation: Operation): AsyncGenerator<readonly RawEntry[]> {
    return listDirectory(this.#objects, at, operation);
  }

  readAt(at: Location, range: HttpRange, operation: Operation): Promise<Readable> {
    return openStream(this.#objects, at, range, operation);
  }

  readBytesAt(at: Location, range: HttpRange, { maxBytes }: ReadBytesLimits, operation: Operation): Promise<Buffer> {
    return readBytes(this.#objects, at, range, maxBytes, operation);
  }

  digestAt(at: Location, algorithm: DigestAlgorithm, operation: Operation): Promise<string | undefined> {
    return storedDigest(this.#objects, objectAt(at), algorithm, operation);
  }

  openReaderAt(at: Location, operation: Operation): Promise<PartReader> {
    return Promise.resolve(new S3PartReader(this.#objects, at, operation));
  }

  async writeAt(at: Location, source: ByteSource, request: WriteRequest, operation: Operation): Promise<WriteResult> {
    if (request.how === "append") throw unsupported("append to an object");
    refuseAttributes(request);
    if (request.how === "create" && (await look(this.#objects, at, operation)).file !== undefined)
      throw new TransportError("already-exists", "a file is there");
    return { bytesWritten: await this.#store(at, source, operation), lengthBefore: 0 };
  }

  putAt(at: Location, put: AtomicPut, operation: Operation): Promise<number> {
    refuseAttributes(put);
    if (put.isNew && at.segments.length > 0) return store(this.#objects, objectAt(at), put.source, operation);
    return this.#store(at, put.source, operation);
  }

  mkdirAt(at: Location, { mode }: { readonly mode: number | undefined }, operation: Operation): Promise<void> {
    refuseAttributes({ mode });
    return this.#directories.make(at, operation);
  }

  async deleteAt(at: Location, operation: Operation): Promise<void> {
    // S3 has no objection to deleting what is not there.
    await fileAt(this.#objects, at, operation);
    await deleteObject(this.#objects, "delete", objectAt(at), operation);
    await this.#directories.keepParent(at, operation);
  }

  rmdirAt(at: Location, operation: Operation): Promise<void> {
    return this.#directories.remove(at, operation);
  }

  async deleteTreeAt(at: Location, operation: Operation): Promise<void> {
    if (at.segments.length === 0) throw unsupported("delete a bucket as a directory is deleted");
    const { isDirectory } = await look(this.#objects, at, operation);
    if (!(await isDirectory())) return await this.deleteAt(at, operation);
    await deleteBelow(this.#objects, at, operation);
    await this.#directories.keepParent(at, operation);
  }

  async copyAt(from: Location, to: Location, operation: Operation): Promise<void> {
    const { sizeBytes } = await fileAt(this.#objects, from, operation);
    await this.#directories.requirePlace(to, operation);
    await copyObject(this.#objects, objectAt(from), sizeBytes, objectAt(to), operation);
  }

  lockAt(at: Location, path: string, operation: Operation): Promise<Lock> {
    return this.#locks.take(at, path, operation);
  }

  lockInfoAt(at: Location, operation: Operation): Promise<LockInfo | "nobody"> {
    return this.#locks.holder(at, operation);
  }

  breakLockAt(at: Location, id: string, operation: Operation): Promise<"broken" | "not held"> {
    return this.#locks.break(at, id, operation);
  }

  /** An object that is not complete has no name. */
  discardTemporary(): Promise<void> {
    return Promise.resolve();
  }

  readonly openWriterAt: Primitives["openWriterAt"] = () => refuse("write an object bit by bit");
  readonly renameAt: Primitives["renameAt"] = () => refuse("rename in one step");
  readonly setAttributesAt: Primitives["setAttributesAt"] = () => refuse("set a mode or a time");
  readonly symlinkAt: Primitives["symlinkAt"] = () => refuse("make links");
  readonly readlinkAt: Primitives["readlinkAt"] = () => refuse("read links");
  readonly hardlinkAt: Primitives["hardlinkAt"] = () => refuse("make links");

  /** The source is not touched before it is certain that there is a place for it. */
  async #store(at: Location, source: ByteSource, operation: Operation): Promise<number> {
    await this.#directories.requirePlace(at, operation);
    return await store(this.#objects, objectAt(at), source, operation);
  }
}

const withoutLocks: Capabilities = { ...s3Capabilities, lock: "none" };

/** What would be lost without a word is refused. */
function refuseAttributes({ mode, mtime }: Attributes): void {
  if (mode !== undefined) throw unsupported("set a mode");
  if (mtime !== undefined) throw unsupported("set a modification time");
}

function unsupported(what: string): TransportError {
  return new TransportError("unsupported", `s3: cannot ${what}`);
}

function refuse(what: string): Promise<never> {
  return Promise.reject(unsupported(what));
}
