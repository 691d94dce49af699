import type { Readable } from "node:stream";

import type { SharedConnection } from "../../../connection/shared-connection.ts";
import type { HttpRange } from "../../../drivers/http-range.ts";
import type { HttpWire } from "../../../drivers/http-wire.ts";
import { TransportError } from "../../../errors/transport-error.ts";
import type { Capabilities } from "../../../transport/capabilities.ts";
import type { ConnectionRequest } from "../../../transport/connection-request.ts";
import type { Lock, LockInfo } from "../../../transport/lock.ts";
import type { Operation } from "../../../transport/operation.ts";
import type {
  AtomicPut,
  PartReader,
  Primitives,
  RawEntry,
  ReadBytesLimits,
  RenameEvidence,
  WriteRequest,
  WriteResult,
} from "../../../transport/primitives.ts";
import type { Stat } from "../../../transport/stat.ts";
import type { ByteSource } from "../../../transport/verb-options.ts";
import type { Location } from "../../../url/location.ts";
import { openStream, readBytes } from "../http-read.ts";
import type { ServerMemory } from "../range-reader.ts";
import { RangeReader } from "../range-reader.ts";
import { Directories } from "./directories.ts";
import { HiddenNames } from "./hidden-names.ts";
import { Replacements } from "./replace-file.ts";
import { whyNotDeleted } from "./second-look.ts";
import { ServerLocks } from "./server-locks.ts";
import { rename } from "./transfer.ts";
import { webdavCapabilities } from "./webdav-capabilities.ts";
import { listDirectory } from "./webdav-list.ts";
import { WebdavRequests } from "./webdav-requests.ts";
import { asFile, statAt } from "./webdav-stat.ts";
import { checkRequest, writeFile } from "./write-file.ts";

/** What `dav:` and `davs:` do on a connection. They read as `http:` does. */
export class WebdavPrimitives implements Primitives {
  readonly #connection: SharedConnection<HttpWire>;
  readonly #requests: WebdavRequests;
  readonly #hiddenNames: HiddenNames;
  readonly #directories: Directories;
  readonly #replacements: Replacements;
  readonly #locks: ServerLocks;
  readonly removalLooksFirst = true;
  readonly #memory: ServerMemory = { ranges: "unknown" };

  constructor(connection: SharedConnection<HttpWire>, request: ConnectionRequest) {
    this.#connection = connection;
    this.#requests = new WebdavRequests(connection, request);
    this.#hiddenNames = new HiddenNames(this.#requests);
    this.#directories = new Directories(this.#requests);
    this.#locks = new ServerLocks(this.#requests);
    this.#replacements = new Replacements(connection, this.#requests);
  }

  get capabilities(): Capabilities {
    const { leasesPerWire } = this.#connection.connector;
    return webdavCapabilities(leasesPerWire > 1, this.#locks.usable === true ? "token" : "rename");
  }

  statAt(at: Location, _how: unknown, operation: Operation): Promise<Stat> {
    return statAt(this.#requests, at, operation);
  }

  async *listAt(at: Location, operation: Operation): AsyncGenerator<readonly RawEntry[]> {
    yield await listDirectory(this.#requests, at, operation);
  }

  readAt(at: Location, range: HttpRange, operation: Operation): Promise<Readable> {
    return openStream(this.#requests, this.#requests.place(asFile(at)), range, operation);
  }

  readBytesAt(at: Location, range: HttpRange, { maxBytes }: ReadBytesLimits, operation: Operation): Promise<Buffer> {
    return readBytes(this.#requests, this.#requests.place(asFile(at)), range, maxBytes, operation);
  }

  openReaderAt(at: Location, operation: Operation): Promise<PartReader> {
    return Promise.resolve(new RangeReader(this.#requests, this.#memory, asFile(at), operation));
  }

  async writeAt(at: Location, source: ByteSource, request: WriteRequest, operation: Operation): Promise<WriteResult> {
    checkRequest(request);
    if (request.how === "append") throw new TransportError("unsupported", "WebDAV cannot append to a file");
    if (at.segments.length === 0) throw new TransportError("is-a-directory", "a directory is in the way");
    await this.#hiddenNames.refuse(at, operation);
    const bytesWritten = await writeFile(this.#requests, asFile(at), source, request, operation);
    return { bytesWritten, lengthBefore: 0 };
  }

  async putAt(at: Location, put: AtomicPut, operation: Operation): Promise<number> {
    await this.#hiddenNames.refuse(at, operation);
    return await this.#replacements.put(at, put, operation);
  }

  async mkdirAt(at: Location, { mode }: { readonly mode: number | undefined }, operation: Operation): Promise<void> {
    checkRequest({ mode, fsync: false });
    await this.#hiddenNames.refuse(at, operation);
    await this.#directories.make(at, operation);
  }

  async deleteAt(at: Location, operation: Operation): Promise<void> {
    const requests = this.#requests;
    const file = asFile(at);
    // Some servers delete a directory with all that is in it, also where it is named like a file.
    const { type } = await statAt(requests, file, operation);
    if (type === "directory") throw new TransportError("is-a-directory", "it is a directory");
    await requests.change(file, { method: "DELETE" }, operation, whyNotDeleted({ requests, operation }, file));
  }

  rmdirAt(at: Location, operation: Operation): Promise<void> {
    return this.#directories.remove(at, operation);
  }

  async renameAt(from: Location, to: Location, operation: Operation, evidence?: RenameEvidence): Promise<void> {
    await this.#hiddenNames.refuse(to, operation);
    const move = (): Promise<void> => rename(this.#requests, from, to, operation, evidence);
    await (operation.name === "lock" ? this.#directories.moveAlone(to, operation, move) : move());
  }

  async copyAt(from: Location, to: Location, operation: Operation): Promise<void> {
    await this.#hiddenNames.refuse(to, operation);
    await this.#replacements.copy(from, to, operation);
  }

  lockAt(at: Location, path: string, operation: Operation): Promise<Lock | undefined> {
    return this.#locks.take(at, path, operation);
  }

  lockInfoAt(at: Location, operation: Operation): Promise<LockInfo | undefined> {
    return this.#locks.holder(at, operation);
  }

  breakLockAt(at: Location, id: string, operation: Operation): Promise<"broken" | undefined> {
    return this.#locks.break(at, id, operation);
  }

  discardTemporary(at: Location): Promise<void> {
    return this.#replacements.discard(at);
  }

  closeOthers(): Promise<void> {
    return this.#requests.closeOthers();
  }

  readonly openWriterAt: Primitives["openWriterAt"] = unsupported;
  readonly setAttributesAt: Primitives["setAttributesAt"] = unsupported;
  readonly symlinkAt: Primitives["symlinkAt"] = unsupported;
  readonly readlinkAt: Primitives["readlinkAt"] = unsupported;
  readonly hardlinkAt: Primitives["hardlinkAt"] = unsupported;
}

/** Refused above already: the capabilities say so. */
function unsupported(): Promise<never> {
  return Promise.reject(new TransportError("unsupported", "WebDAV cannot do that"));
}
