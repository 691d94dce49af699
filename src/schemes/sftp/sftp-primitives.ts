import type { Readable, Writable } from "node:stream";

import type { SharedConnection } from "../../connection/shared-connection.ts";
import type { Lease } from "../../connection/wire-pool.ts";
import type { TransportError } from "../../errors/transport-error.ts";
import { isTransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Capabilities } from "../../transport/capabilities.ts";
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
import { tempName } from "../../transport/temp-name.ts";
import type { Attributes, ByteSource } from "../../transport/verb-options.ts";
import { requireAtomicReplace } from "../../transport/verbs/put.ts";
import type { Location } from "../../url/location.ts";
import { listDirectory } from "./list-directory.ts";
import { OpenFile } from "./open-file.ts";
import { extension, openFlag } from "./protocol/messages.ts";
import type { SftpSession } from "./protocol/sftp-session.ts";
import { SftpStatus } from "./protocol/status.ts";
import type { ReadRange } from "./read-ahead.ts";
import type { Replacement } from "./replace-file.ts";
import { copyAtomically, putAtomically } from "./replace-file.ts";
import {
  explained,
  whyNotDeleted,
  whyNotListed,
  whyNotMade,
  whyNotOpened,
  whyNotReadLink,
  whyNotRemoved,
  whyNotRenamed,
} from "./second-look.ts";
import { serverPath } from "./server-path.ts";
import { sftpCapabilities } from "./sftp-capabilities.ts";
import { RemoteReadable, partReader, readBytes } from "./sftp-read.ts";
import { secondsOf, statOf } from "./sftp-stat.ts";
import type { SftpWire } from "./sftp-wire.ts";
import { RemoteWritable } from "./sftp-write.ts";
import { StreamLease } from "./stream-lease.ts";
import { writeInPlace } from "./write-in-place.ts";

/** What `sftp:` does on a connection. Paths go to the server as they are; what its answers mean is worked out here. */
export class SftpPrimitives implements Primitives {
  readonly #connection: SharedConnection<SftpWire>;
  #capabilities: Capabilities = sftpCapabilities(undefined);
  #extensions: ReadonlySet<string> | undefined;

  constructor(connection: SharedConnection<SftpWire>) {
    this.#connection = connection;
  }

  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  statAt(at: Location, { followLinks }: { readonly followLinks: boolean }, operation: Operation): Promise<Stat> {
    const path = serverPath(at);
    return this.#useEarly(operation, true, async (session) =>
      statOf(await (followLinks ? session.stat(path) : session.lstat(path))),
    );
  }

  async *listAt(at: Location, operation: Operation): AsyncGenerator<readonly RawEntry[]> {
    const path = serverPath(at);
    const open = (session: SftpSession): Promise<Buffer> =>
      explained(session.opendir(path), whyNotListed(session, path));
    yield* listDirectory(await this.#open(operation, true, open), at);
  }

  async readAt(at: Location, range: ReadRange, operation: Operation): Promise<Readable> {
    const file = await this.#openToRead(at, operation);
    return new RemoteReadable(file, range, operation.signal, placeOf(at, operation));
  }

  async readBytesAt(
    at: Location,
    range: ReadRange,
    { maxBytes }: ReadBytesLimits,
    operation: Operation,
  ): Promise<Buffer> {
    const path = serverPath(at);
    return await this.#useEarly(operation, true, async (session, lease) => {
      const handle = await explained(session.open(path, openFlag.read), whyNotOpened(session, path, false));
      return await readBytes(new OpenFile(session, handle, new StreamLease(lease)), range, maxBytes);
    });
  }

  async openReaderAt(at: Location, operation: Operation): Promise<PartReader> {
    return partReader(await this.#openToRead(at, operation));
  }

  writeAt(at: Location, source: ByteSource, request: WriteRequest, operation: Operation): Promise<WriteResult> {
    const repeatable = request.how === "replace" && isInMemory(source);
    return this.#use(operation, repeatable, (session, lease) =>
      writeInPlace(session, new StreamLease(lease), serverPath(at), source, request, operation.signal),
    );
  }

  async openWriterAt(
    at: Location,
    { mode }: { readonly mode: number | undefined },
    operation: Operation,
  ): Promise<Writable> {
    const path = serverPath(at);
    const file = await this.#open(operation, false, async (session) => {
      const flags = openFlag.write | openFlag.create | openFlag.truncate;
      const attributes = mode === undefined ? {} : { permissions: mode & 0o777 };
      const handle = await explained(session.open(path, flags, attributes), whyNotOpened(session, path, false));
      if (mode !== undefined) await session.fsetstat(handle, { permissions: mode });
      return handle;
    });
    const place = placeOf(at, operation);
    // The file is there already, and what was written before the failure may be in it.
    return new RemoteWritable(file, path, operation.signal, (error) => place(error).with({ effect: "unknown" }));
  }

  async putAt(at: Location, put: AtomicPut, operation: Operation): Promise<number> {
    return await this.#replace(at, operation, isInMemory(put.source), (replacement) => putAtomically(replacement, put));
  }

  async copyAt(from: Location, to: Location, operation: Operation): Promise<void> {
    await this.#replace(to, operation, true, (replacement) => copyAtomically(replacement, serverPath(from)));
  }

  mkdirAt(at: Location, { mode }: { readonly mode: number | undefined }, operation: Operation): Promise<void> {
    const path = serverPath(at);
    return this.#useEarly(operation, false, async (session) => {
      const attributes = mode === undefined ? {} : { permissions: mode & 0o777 };
      await explained(session.mkdir(path, attributes), whyNotMade(session, path));
      // The server's umask has taken bits away from what was asked for.
      if (mode !== undefined) await session.setstat(path, { permissions: mode });
    });
  }

  deleteAt(at: Location, operation: Operation): Promise<void> {
    const path = serverPath(at);
    return this.#useEarly(operation, false, (session) => explained(session.remove(path), whyNotDeleted(session, path)));
  }

  rmdirAt(at: Location, operation: Operation): Promise<void> {
    const path = serverPath(at);
    return this.#useEarly(operation, false, (session) => explained(session.rmdir(path), whyNotRemoved(session, path)));
  }

  renameAt(from: Location, to: Location, operation: Operation): Promise<void> {
    const [source, target] = [serverPath(from), serverPath(to)];
    return this.#use(operation, false, async (session) => {
      const replaces = session.extensions.has(extension.posixRename);
      const renaming = replaces ? session.posixRename(source, target) : session.rename(source, target);
      await explained(renaming, whyNotRenamed(session, source, target, replaces));
    });
  }

  setAttributesAt(at: Location, { mode, mtime }: Attributes, operation: Operation): Promise<void> {
    const path = serverPath(at);
    return this.#useEarly(operation, true, async (session) => {
      if (mtime === undefined) return await session.setstat(path, { permissions: mode });
      const modified = secondsOf(mtime);
      // The protocol sets both times or none: the other one stays as it is.
      const { times } = await session.stat(path);
      await session.setstat(path, { permissions: mode, times: { accessed: times?.accessed ?? modified, modified } });
    });
  }

  symlinkAt(target: string, at: Location, operation: Operation): Promise<void> {
    const path = serverPath(at);
    return this.#useEarly(operation, false, (session) =>
      explained(session.symlink(target, path), whyNotMade(session, path)),
    );
  }

  readlinkAt(at: Location, operation: Operation): Promise<string> {
    const path = serverPath(at);
    return this.#useEarly(operation, true, (session) =>
      explained(session.readlink(path), whyNotReadLink(session, path)),
    );
  }

  hardlinkAt(existing: Location, at: Location, operation: Operation): Promise<void> {
    const [source, path] = [serverPath(existing), serverPath(at)];
    return this.#use(operation, false, (session) =>
      explained(session.hardlink(source, path), whyNotMade(session, path)),
    );
  }

  async discardTemporary(at: Location): Promise<void> {
    const path = serverPath(at);
    try {
      const discard = { name: "delete", signal: undefined };
      await this.#use(discard, false, (session) => this.#discard(session, path));
    } catch (error) {
      this.#discardLater(path, toTransportError(error));
    }
  }

  #openToRead(at: Location, operation: Operation): Promise<OpenFile> {
    const path = serverPath(at);
    return this.#open(operation, true, (session) =>
      explained(session.open(path, openFlag.read), whyNotOpened(session, path, false)),
    );
  }

  #replace<T>(
    at: Location,
    operation: Operation,
    repeatable: boolean,
    work: (replacement: Replacement) => Promise<T>,
  ): Promise<T> {
    return this.#use(operation, repeatable, async (session, lease) => {
      requireAtomicReplace(this);
      const temporary = serverPath(at.parent().resolve(tempName()));
      const discard = (): Promise<void> => this.#discard(session, temporary);
      return await work({
        session,
        lease: new StreamLease(lease),
        target: serverPath(at),
        temporary,
        signal: operation.signal,
        discard,
      });
    });
  }

  /**
   * Lends a session to work that gives it back when it settles. All the while the server's silence is counted, unless the work does that itself.
   */
  #use<T>(
    { name, signal }: Operation,
    repeatable: boolean,
    work: (session: SftpSession, lease: Lease<SftpWire>) => Promise<T>,
  ): Promise<T> {
    return this.#connection.use({ operation: name, signal, repeatable }, async (wire, lease) => {
      let session = wire.openedSession;
      if (session === undefined) {
        session = await wire.session();
        lease.progress();
      }
      this.#learn(session);
      return await work(session, lease);
    });
  }

  /** As `#use`, for work that needs no extension: on a new connection it does not wait for the server to say which it has. */
  #useEarly<T>(
    { name, signal }: Operation,
    repeatable: boolean,
    work: (session: SftpSession, lease: Lease<SftpWire>) => Promise<T>,
  ): Promise<T> {
    return this.#connection.use({ operation: name, signal, repeatable }, async (wire, lease) => {
      let session = wire.openedSession;
      if (session === undefined) {
        session = await wire.earlySession();
        lease.progress();
      }
      try {
        return await work(session, lease);
      } finally {
        this.#learn(session);
      }
    });
  }

  /** Opens a file, or a directory, that keeps the wire on loan until it is released. `open` needs no extension. */
  async #open(
    operation: Operation,
    repeatable: boolean,
    open: (session: SftpSession) => Promise<Buffer>,
  ): Promise<OpenFile> {
    try {
      return await this.#openOnce(operation, open);
    } catch (error) {
      if (!repeatable || !isTransportError(error, "connection-lost") || operation.signal?.aborted) throw error;
      return await this.#openOnce(operation, open);
    }
  }

  async #openOnce({ name, signal }: Operation, open: (session: SftpSession) => Promise<Buffer>): Promise<OpenFile> {
    let expire: ((reason: TransportError) => void) | undefined;
    const held = await this.#connection.lease({ operation: name, signal, expired: (reason) => expire?.(reason) });
    const lease = new StreamLease(held);
    expire = (reason) => lease.expire(reason);
    try {
      const session = await lease.awaiting(Promise.resolve(held.wire.earlySession()));
      const handle = await lease.awaiting(open(session));
      this.#learn(session);
      return new OpenFile(session, handle, lease);
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  #learn({ extensions, hasStarted }: SftpSession): void {
    if (!hasStarted || this.#extensions === extensions) return;
    this.#extensions = extensions;
    this.#capabilities = sftpCapabilities(extensions);
  }

  async #discard(session: SftpSession, path: string): Promise<void> {
    try {
      await session.remove(path);
    } catch (error) {
      this.#discardLater(path, toTransportError(error));
    }
  }

  /** On the next wire, unless the server answered, that is: it is not there, or not ours to delete. */
  #discardLater(path: string, failure: TransportError): void {
    if (failure.cause instanceof SftpStatus) return;
    this.#connection.onNextWire(async (wire) => {
      const session = await wire.session();
      await session.remove(path).catch((error: unknown) => {
        if (!isTransportError(error, "not-found")) throw error;
      });
    });
  }
}

function isInMemory(source: ByteSource): boolean {
  return typeof source === "string" || source instanceof Uint8Array;
}

/** Says of what happens to a stream which verb and URL it concerns. */
function placeOf(at: Location, { name }: Operation) {
  return (error: unknown): TransportError => toTransportError(error).with({ operation: name, url: at.redactedUrl });
}
