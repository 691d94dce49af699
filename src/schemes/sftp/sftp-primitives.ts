import type { Readable, Writable } from "node:stream";

import type { SharedConnection } from "../../connection/shared-connection.ts";
import type { Lease } from "../../connection/wire-pool.ts";
import { lostEffect, uncertain } from "../../connection/wire-use.ts";
import type { TransportError } from "../../errors/transport-error.ts";
import { isTransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Capabilities } from "../../transport/capabilities.ts";
import type { Sending } from "../../transport/across-loss.ts";
import { unlessUnsent } from "../../transport/across-loss.ts";
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
import type { RepetitionRequest } from "../../transport/repetition.ts";
import { isRepeated, writeRequest } from "../../transport/repetition.ts";
import type { Stat } from "../../transport/stat.ts";
import { tempName } from "../../transport/temp-name.ts";
import type { Attributes, ByteSource } from "../../transport/verb-options.ts";
import { finishOrDiscard } from "../../transport/verbs/into-place.ts";
import { requireAtomicReplace } from "../../transport/verbs/put.ts";
import { isInMemory } from "../../transport/verbs/source.ts";
import type { Location } from "../../url/location.ts";
import { Gate } from "./gate.ts";
import { LeftBehind } from "./left-behind.ts";
import { listDirectory } from "./list-directory.ts";
import { OpenFile, passOver } from "./open-file.ts";
import { extension, openFlag } from "./protocol/messages.ts";
import type { SftpSession } from "./protocol/sftp-session.ts";
import type { ReadRange } from "./read-ahead.ts";
import type { KeptTemporary, Replacement } from "./put-new.ts";
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
import { RemoteReadable, partReader, readBytes, readExpected } from "./sftp-read.ts";
import { modeOf, secondsOf, statOf } from "./sftp-stat.ts";
import type { SftpWire } from "./sftp-wire.ts";
import { RemoteWritable } from "./sftp-write.ts";
import { StreamLease, leaseFor } from "./stream-lease.ts";
import { writeInPlace } from "./write-in-place.ts";

/**
 * Files that are open at a time because of operations that nobody but the server can hold up. OpenSSH has a limit on open files, usually a thousand, and
 * fails beyond it. Measured: two thousand at once take longer than two hundred and fifty-six by half, and twice the processor.
 */
const openAtOnce = 256;

/** What is done with a session; it is given back when the promise settles. */
type SessionWork<T> = (session: SftpSession, lease: Lease<SftpWire>) => Promise<T>;

/** What `sftp:` does on a connection. Paths go to the server as they are; what its answers mean is worked out here. */
export class SftpPrimitives implements Primitives {
  readonly #connection: SharedConnection<SftpWire>;
  readonly #leftBehind: LeftBehind;
  readonly #briefly = new Gate(openAtOnce);
  #capabilities: Capabilities = sftpCapabilities(undefined);
  #extensions: ReadonlySet<string> | undefined;

  constructor(connection: SharedConnection<SftpWire>) {
    this.#connection = connection;
    this.#leftBehind = new LeftBehind(connection);
  }

  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  statAt(at: Location, { followLinks }: { readonly followLinks: boolean }, operation: Operation): Promise<Stat> {
    const path = serverPath(at);
    return this.#useEarly(operation, "stat", (session) =>
      (followLinks ? session.stat(path) : session.lstat(path)).then(statOf),
    );
  }

  async *listAt(at: Location, operation: Operation): AsyncGenerator<readonly RawEntry[]> {
    const path = serverPath(at);
    const open = (session: SftpSession): Promise<Buffer> =>
      explained(session.opendir(path), whyNotListed(session, path));
    yield* listDirectory(await this.#open(operation, "list", open), at);
  }

  async readAt(at: Location, range: ReadRange, operation: Operation): Promise<Readable> {
    const file = await this.#openToRead(at, operation);
    return new RemoteReadable(file, range, operation.signal, placeOf(at, operation));
  }

  async readBytesAt(
    at: Location,
    range: ReadRange,
    { maxBytes, expectedBytes }: ReadBytesLimits,
    operation: Operation,
  ): Promise<Buffer> {
    const path = serverPath(at);
    const read: SessionWork<Buffer> = async (session, lease) => {
      const open = (): Promise<Buffer> =>
        explained(session.open(path, openFlag.read), whyNotOpened(session, path, false));
      const handle = await open();
      lease.progress();
      if (expectedBytes === undefined || expectedBytes >= session.readBytes || expectedBytes > maxBytes)
        return await readBytes(new OpenFile(session, handle, new StreamLease(lease)), range, maxBytes);
      const expected = await readExpected(session, handle, range, expectedBytes);
      if (expected !== undefined) return expected;
      lease.progress();
      return await readBytes(new OpenFile(session, await open(), new StreamLease(lease)), range, maxBytes);
    };
    return await this.#briefly.through(operation, () => this.#useEarly(operation, "getBytes", read));
  }

  async openReaderAt(at: Location, operation: Operation): Promise<PartReader> {
    return partReader(await this.#openToRead(at, operation));
  }

  writeAt(at: Location, source: ByteSource, request: WriteRequest, operation: Operation): Promise<WriteResult> {
    const write = (): Promise<WriteResult> =>
      this.#use(operation, writeRequest(request.how, source), (session, lease) =>
        writeInPlace(session, leaseFor(source, lease), serverPath(at), source, request, operation.signal),
      );
    return isInMemory(source) ? this.#briefly.through(operation, write) : write();
  }

  async openWriterAt(
    at: Location,
    { mode }: { readonly mode: number | undefined },
    operation: Operation,
  ): Promise<Writable> {
    const path = serverPath(at);
    const file = await this.#open(operation, "openWriteStream", async (session) => {
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
    const { source } = put;
    if (!isInMemory(source)) return await this.#putOnce(at, put, operation);
    const replace = (): Promise<number> =>
      this.#replace(at, operation, "put", source, (replacement) => putAtomically(replacement, put));
    return await this.#briefly.through(operation, replace);
  }

  async copyAt(from: Location, to: Location, operation: Operation): Promise<void> {
    const path = serverPath(from);
    await this.#replace(to, operation, "copy", undefined, (replacement) => copyAtomically(replacement, path));
  }

  mkdirAt(at: Location, { mode }: { readonly mode: number | undefined }, operation: Operation): Promise<void> {
    const path = serverPath(at);
    return this.#useEarly(operation, "mkdir", async (session) => {
      if (mode === undefined) return await explained(session.mkdir(path), whyNotMade(session, path));
      const making = session.mkdir(path, { permissions: mode & 0o777 });
      // Sent along: to look harms nothing where a directory is there already, as to set its mode would.
      const looking = session.lstat(path).catch(passOver);
      await explained(making, whyNotMade(session, path));
      // The server's umask may have taken bits away from what was asked for.
      if (modeOf((await looking) ?? {}) !== mode) await session.setstat(path, { permissions: mode });
    });
  }

  deleteAt(at: Location, operation: Operation): Promise<void> {
    const path = serverPath(at);
    return this.#useEarly(operation, "delete", (session) =>
      explained(session.remove(path), whyNotDeleted(session, path)),
    );
  }

  rmdirAt(at: Location, operation: Operation): Promise<void> {
    const path = serverPath(at);
    return this.#useEarly(operation, "rmdir", (session) =>
      explained(session.rmdir(path), whyNotRemoved(session, path)),
    );
  }

  renameAt(from: Location, to: Location, operation: Operation): Promise<void> {
    const [source, target] = [serverPath(from), serverPath(to)];
    return this.#use(operation, "rename", async (session) => {
      const replaces = session.extensions.has(extension.posixRename);
      const renaming = replaces ? session.posixRename(source, target) : session.rename(source, target);
      await explained(renaming, whyNotRenamed(session, source, target, replaces));
    });
  }

  setAttributesAt(at: Location, { mode, mtime }: Attributes, operation: Operation): Promise<void> {
    const path = serverPath(at);
    return this.#useEarly(operation, "setAttributes", async (session) => {
      if (mtime === undefined) return await session.setstat(path, { permissions: mode });
      const modified = secondsOf(mtime);
      // The protocol sets both times or none: the other one stays as it is.
      const { times } = await session.stat(path);
      await session.setstat(path, { permissions: mode, times: { accessed: times?.accessed ?? modified, modified } });
    });
  }

  symlinkAt(target: string, at: Location, operation: Operation): Promise<void> {
    const path = serverPath(at);
    return this.#useEarly(operation, "symlink", (session) =>
      explained(session.symlink(target, path), whyNotMade(session, path)),
    );
  }

  readlinkAt(at: Location, operation: Operation): Promise<string> {
    const path = serverPath(at);
    return this.#useEarly(operation, "readlink", (session) =>
      explained(session.readlink(path), whyNotReadLink(session, path)),
    );
  }

  hardlinkAt(existing: Location, at: Location, operation: Operation): Promise<void> {
    const [source, path] = [serverPath(existing), serverPath(at)];
    return this.#use(operation, "hardlink", (session) =>
      explained(session.hardlink(source, path), whyNotMade(session, path)),
    );
  }

  async discardTemporary(at: Location): Promise<void> {
    const path = serverPath(at);
    try {
      const discard = { name: "delete", signal: undefined };
      await this.#use(discard, "delete", (session) => this.#leftBehind.discard(session, path));
    } catch (error) {
      this.#leftBehind.discardLater(path, toTransportError(error));
    }
  }

  #openToRead(at: Location, operation: Operation): Promise<OpenFile> {
    const path = serverPath(at);
    return this.#open(operation, "get", (session) =>
      explained(session.open(path, openFlag.read), whyNotOpened(session, path, false)),
    );
  }

  /** Replaces a file by what a source gives, which it does once: what becomes of its last step is looked at. */
  async #putOnce(at: Location, put: AtomicPut, operation: Operation): Promise<number> {
    const kept: KeptTemporary = {};
    const work = (replacement: Replacement): Promise<number> => putAtomically(replacement, put);
    try {
      return await this.#replace(at, operation, "put, from a source", put.source, work, kept);
    } catch (error) {
      const { at: temporary, sizeBytes } = kept;
      if (temporary === undefined || sizeBytes === undefined) throw error;
      await finishOrDiscard(this, { temporary, at, sizeBytes }, operation, error);
      return sizeBytes;
    }
  }

  async #replace<T>(
    at: Location,
    operation: Operation,
    request: RepetitionRequest,
    source: ByteSource | undefined,
    work: (replacement: Replacement) => Promise<T>,
    kept?: KeptTemporary,
  ): Promise<T> {
    let renaming = false;
    const replace: SessionWork<T> = async (session, lease) => {
      requireAtomicReplace(this);
      const beside = at.parent().resolve(tempName());
      if (kept !== undefined) kept.at = beside;
      const temporary = serverPath(beside);
      const discard = (path: string): Promise<void> => this.#leftBehind.discard(session, path);
      return await work({
        session,
        lease: leaseFor(source, lease),
        target: serverPath(at),
        temporary,
        signal: operation.signal,
        discard,
        renames: () => void (renaming = true),
        kept,
      });
    };
    try {
      return await this.#use(operation, request, replace);
    } catch (error) {
      // Up to then all that has changed has a name of its own; a temporary that is whole is still to be renamed.
      if (renaming || kept?.sizeBytes !== undefined) throw error;
      throw toTransportError(error).with({ effect: "none" });
    }
  }

  /** Lends a session to work. All the while the server's silence is counted, unless the work does that itself. */
  #use<T>(operation: Operation, request: RepetitionRequest, work: SessionWork<T>): Promise<T> {
    return this.#lend(operation, request, (wire) => wire.session(), work);
  }

  /** As `#use`, for work that needs no extension: on a new connection it does not wait for the server to say which it has. */
  #useEarly<T>(operation: Operation, request: RepetitionRequest, work: SessionWork<T>): Promise<T> {
    return this.#lend(operation, request, (wire) => wire.earlySession(), work);
  }

  #lend<T>(
    operation: Operation,
    request: RepetitionRequest,
    open: (wire: SftpWire) => SftpSession | Promise<SftpSession>,
    work: SessionWork<T>,
  ): Promise<T> {
    const { name, signal } = operation;
    const repeatable = isRepeated(request);
    const use = (sending: Sending | undefined): Promise<T> =>
      this.#connection.use({ operation: name, signal, repeatable }, (wire, lease) => {
        const { openedSession } = wire;
        if (openedSession !== undefined) return this.#useOpened(openedSession, lease, work);
        sending?.begins();
        return this.#useFirst(open(wire), lease, (session) => {
          sending?.sends();
          return work(session, lease);
        });
      });
    return repeatable ? use(undefined) : unlessUnsent(operation, use);
  }

  #useOpened<T>(session: SftpSession, lease: Lease<SftpWire>, work: SessionWork<T>): Promise<T> {
    this.#learn(session);
    return work(session, lease);
  }

  async #useFirst<T>(
    opening: SftpSession | Promise<SftpSession>,
    lease: Lease<SftpWire>,
    work: SessionWork<T>,
  ): Promise<T> {
    const session = await opening;
    lease.progress();
    this.#learn(session);
    try {
      return await work(session, lease);
    } finally {
      this.#learn(session);
    }
  }

  /** Opens a file, or a directory, that keeps the wire on loan until it is released. `open` needs no extension. */
  async #open(
    operation: Operation,
    request: RepetitionRequest,
    open: (session: SftpSession) => Promise<Buffer>,
  ): Promise<OpenFile> {
    try {
      return await this.#openOnce(operation, open);
    } catch (error) {
      if (!isRepeated(request) || !isTransportError(error, "connection-lost") || operation.signal?.aborted) throw error;
      return await this.#openOnce(operation, open).catch((second: unknown) => {
        // Whatever becomes of the second attempt, the first one may have emptied the file.
        throw error.effect === "unknown" ? uncertain(toTransportError(second)) : second;
      });
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
      throw lostEffect(error, name);
    }
  }

  #learn({ extensions, hasStarted }: SftpSession): void {
    if (!hasStarted || this.#extensions === extensions) return;
    this.#extensions = extensions;
    this.#capabilities = sftpCapabilities(extensions);
  }
}

/** Says of what happens to a stream which verb and URL it concerns. */
function placeOf(at: Location, { name }: Operation) {
  return (error: unknown): TransportError => toTransportError(error).with({ operation: name, url: at.redactedUrl });
}
