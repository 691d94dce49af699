import type { Writable } from "node:stream";
import { Readable } from "node:stream";

import { whenAborted } from "../../connection/abort.ts";
import { publish } from "../../connection/events.ts";
import type { SharedConnection } from "../../connection/shared-connection.ts";
import type { FtpWire } from "../../drivers/basic-ftp.ts";
import { isRefusal } from "../../drivers/basic-ftp.ts";
import { TransportError, isTransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Capabilities } from "../../transport/capabilities.ts";
import type { Operation } from "../../transport/operation.ts";
import { abortedError } from "../../transport/operation.ts";
import type { AtomicPut, Primitives, RawEntry, WriteRequest, WriteResult } from "../../transport/primitives.ts";
import type { Stat } from "../../transport/stat.ts";
import { isTempName, tempName } from "../../transport/temp-name.ts";
import type { Attributes, ByteSource } from "../../transport/verb-options.ts";
import { keptMode, requireAtomicReplace } from "../../transport/verbs/put.ts";
import type { Location } from "../../url/location.ts";
import { setMode, setTime } from "./ftp-attributes.ts";
import type { FtpRefusals } from "./ftp-capabilities.ts";
import { ftpCapabilities } from "./ftp-capabilities.ts";
import type { DirectoryEntry } from "./ftp-list.ts";
import { listOf } from "./ftp-list.ts";
import { lookAt, lookFor, lookQuickly, lookThrough, sizeOf } from "./ftp-look.ts";
import { FtpReadable } from "./ftp-read.ts";
import type { Turn } from "./ftp-turn.ts";
import { graceMs, inTurn, unlessTurnedAway } from "./ftp-turn.ts";
import { FtpWritable, sendAll } from "./ftp-write.ts";
import {
  explained,
  whyNotDeleted,
  whyNotListed,
  whyNotMade,
  whyNotOpened,
  whyNotRemoved,
  whyNotRenamed,
} from "./second-look.ts";
import { serverPath } from "./server-path.ts";

type Range = { readonly offset: number; readonly length: number | undefined };

/** What `ftp:` does on a connection. A turn at a wire is one operation's alone, from its first command to its last reply. */
export class FtpPrimitives implements Primitives {
  readonly #connection: SharedConnection<FtpWire>;
  #refusals: FtpRefusals = { modes: false, setsMtime: false, atomicReplace: false };
  #wire: FtpWire | undefined;
  #capabilities: Capabilities;

  constructor(connection: SharedConnection<FtpWire>) {
    this.#connection = connection;
    this.#capabilities = ftpCapabilities(undefined, this.#refusals);
  }

  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  statAt(at: Location, { followLinks }: { readonly followLinks: boolean }, operation: Operation): Promise<Stat> {
    return this.#use(operation, true, async ({ wire }) => {
      const path = await serverPath(wire, at);
      return await (followLinks ? lookThrough(wire, path) : lookAt(wire, path));
    });
  }

  async *listAt(at: Location, operation: Operation): AsyncGenerator<readonly RawEntry[]> {
    // The wire is given back before anybody sees an entry: whoever reads the list wants to use it.
    yield await this.#use(operation, true, async ({ wire }) => {
      const path = await serverPath(wire, at);
      const entries = await explained(listOf(wire, path), whyNotListed(wire, path));
      if (!entries.some(({ self }) => self)) await refuseUnlessDirectory(wire, path, entries.length);
      return namedEntries(entries, at);
    });
  }

  async readAt(at: Location, range: Range, operation: Operation): Promise<Readable> {
    const place = placeOf(at, operation);
    return await this.#stream(operation, true, async ({ wire, lease }) => {
      const path = await serverPath(wire, at);
      const transfer = await explained(
        wire.download(`RETR ${path}`, range.offset),
        whyNotOpened(wire, path, "read"),
      ).catch(async (error: unknown) => {
        // Some refuse to begin where the file has ended.
        const isPastTheEnd = range.offset > 0 && isRefusal(error) && ((await sizeOf(wire, path)) ?? 0) <= range.offset;
        if (!isPastTheEnd || isTransportError(error, "not-found", "is-a-directory")) throw error;
      });
      if (transfer === undefined) {
        lease.release();
        return Readable.from([]);
      }
      const announced = range.offset === 0 && range.length === undefined ? transfer.announcedBytes : undefined;
      const { unreadTimeoutMs } = this.#connection.policy;
      return new FtpReadable(transfer, lease, {
        length: range.length,
        announced,
        signal: operation.signal,
        place,
        unreadTimeoutMs,
      });
    });
  }

  writeAt(at: Location, source: ByteSource, request: WriteRequest, operation: Operation): Promise<WriteResult> {
    const repeatable = request.how === "replace" && isInMemory(source);
    if (request.fsync) return Promise.reject(noFsync());
    return this.#use(operation, repeatable, async (turn) => {
      const path = await serverPath(turn.wire, at);
      const lengthBefore = request.how === "append" ? await this.#lengthBefore(turn.wire, path) : undefined;
      if (request.how === "create" && !isTempName(at.name)) await refuseExisting(turn.wire, path);
      const isNew = request.how !== "append" || lengthBefore === undefined;
      const mode = isNew ? request.mode : undefined;
      const command = request.how === "append" ? "APPE" : "STOR";
      const bytesWritten = await this.#write(turn, `${command} ${path}`, path, source, mode, operation);
      if (request.mtime !== undefined) await this.#setTime(turn.wire, path, request.mtime);
      return { bytesWritten, lengthBefore: lengthBefore ?? 0 };
    });
  }

  /** Beside its name first, and then renamed: whoever reads sees the old content or the new. */
  putAt(at: Location, put: AtomicPut, operation: Operation): Promise<number> {
    if (put.fsync) return Promise.reject(noFsync());
    return this.#use(operation, isInMemory(put.source), async (turn) => {
      const { wire } = turn;
      requireAtomicReplace(this);
      const path = await serverPath(wire, at);
      const temporary = at.parent().resolve(tempName());
      const beside = await serverPath(wire, temporary);
      const old = await lookQuickly(wire, path);
      if (old?.type === "directory") throw new TransportError("is-a-directory", "a directory is in the way");
      const mode = put.mode ?? keptMode(old, this);
      let renaming = false;
      try {
        const bytesWritten = await this.#write(turn, `STOR ${beside}`, beside, put.source, mode, operation);
        if (put.mtime !== undefined) await this.#setTime(wire, beside, put.mtime);
        renaming = true;
        await this.#rename(wire, beside, path);
        return bytesWritten;
      } catch (error) {
        await this.#discardOn(turn, temporary, error);
        // Another file in the way of a rename: from now on this is known.
        requireAtomicReplace(this);
        throw renaming ? error : toTransportError(error).with({ effect: "none" });
      }
    });
  }

  async openWriterAt(
    at: Location,
    { mode }: { readonly mode: number | undefined },
    operation: Operation,
  ): Promise<Writable> {
    const place = placeOf(at, operation);
    return await this.#stream(operation, false, async (turn) => {
      const { wire, lease } = turn;
      const path = await serverPath(wire, at);
      // The mode cannot be set while the file is being written.
      if (mode !== undefined) await this.#write(turn, `STOR ${path}`, path, "", mode, operation);
      const transfer = await explained(wire.upload(`STOR ${path}`), whyNotOpened(wire, path, "write"));
      // The file is there already, and what was written before the failure may be in it.
      return new FtpWritable(transfer, lease, operation.signal, (error) => place(error).with({ effect: "unknown" }));
    });
  }

  mkdirAt(at: Location, { mode }: { readonly mode: number | undefined }, operation: Operation): Promise<void> {
    return this.#use(operation, false, async ({ wire }) => {
      const path = await serverPath(wire, at);
      await explained(wire.request(`MKD ${path}`, [257, 250]), whyNotMade(wire, path));
      if (mode !== undefined) await this.#setMode(wire, path, mode);
    });
  }

  deleteAt(at: Location, operation: Operation): Promise<void> {
    return this.#use(operation, false, async ({ wire }) => {
      const path = await serverPath(wire, at);
      await explained(wire.request(`DELE ${path}`, [250, 200]), whyNotDeleted(wire, path));
    });
  }

  rmdirAt(at: Location, operation: Operation): Promise<void> {
    return this.#use(operation, false, async ({ wire }) => {
      const path = await serverPath(wire, at);
      await explained(wire.request(`RMD ${path}`, [250, 200]), whyNotRemoved(wire, path));
    });
  }

  renameAt(from: Location, to: Location, operation: Operation): Promise<void> {
    return this.#use(operation, false, async ({ wire }) => {
      const [source, target] = [await serverPath(wire, from), await serverPath(wire, to)];
      await this.#rename(wire, source, target);
    });
  }

  setAttributesAt(at: Location, { mode, mtime }: Attributes, operation: Operation): Promise<void> {
    return this.#use(operation, true, async ({ wire }) => {
      const path = await serverPath(wire, at);
      if (mode !== undefined) await this.#setMode(wire, path, mode);
      if (mtime !== undefined) await this.#setTime(wire, path, mtime);
    });
  }

  symlinkAt(): Promise<void> {
    return Promise.reject(noLinks());
  }

  readlinkAt(): Promise<string> {
    return Promise.reject(noLinks());
  }

  hardlinkAt(): Promise<void> {
    return Promise.reject(noLinks());
  }

  copyAt(): Promise<void> {
    return Promise.reject(new TransportError("unsupported", "FTP has no copy on the server"));
  }

  async discardTemporary(at: Location): Promise<void> {
    try {
      await this.#use({ name: "delete", signal: undefined }, false, ({ wire }) => discard(wire, at));
    } catch {
      this.#connection.onNextWire((wire) => discard(wire, at));
    }
  }

  /** Removes a temporary on the wire that it was written on, if that is still good for anything, else on the next one. */
  async #discardOn({ wire }: Turn, temporary: Location, failure: unknown): Promise<void> {
    if (isTransportError(failure, "not-found")) return; // There was no directory for it.
    if (wire.closed) return this.#connection.onNextWire((next) => discard(next, temporary));
    await discard(wire, temporary).catch(() => this.#connection.onNextWire((next) => discard(next, temporary)));
  }

  async #rename(wire: FtpWire, from: string, to: string): Promise<void> {
    try {
      await explained(rename(wire, from, to), whyNotRenamed(wire, from, to));
    } catch (error) {
      // A file over a file: this server does not replace.
      if (isTransportError(error, "already-exists")) this.#refuse({ atomicReplace: true });
      throw error;
    }
  }

  /** Writes a file; one that not everybody may read is never readable for everybody, not for a moment. */
  async #write(
    { wire, lease }: Turn,
    command: string,
    path: string,
    source: ByteSource,
    mode: number | undefined,
    operation: Operation,
  ): Promise<number> {
    const drop = (): void => lease.discard(abortedError(operation).with({ effect: "unknown" }));
    const upload = async (content: ByteSource): Promise<number> => {
      const stopListening = whenAborted(operation.signal, drop);
      try {
        return await uploadOnce(content);
      } finally {
        stopListening();
      }
    };
    const uploadOnce = async (content: ByteSource): Promise<number> => {
      const transfer = await explained(wire.upload(command), whyNotOpened(wire, path, "write"));
      return await sendAll(transfer, lease, content, operation);
    };
    const isPrivate = mode !== undefined && (mode & readableForAll) !== readableForAll;
    if (isPrivate) {
      await upload("");
      await this.#setMode(wire, path, ownersOnly);
    }
    const sent = await upload(source);
    if (mode !== undefined && !(isPrivate && mode === ownersOnly)) await this.#setMode(wire, path, mode);
    return sent;
  }

  async #lengthBefore(wire: FtpWire, path: string): Promise<number | undefined> {
    return (await sizeOf(wire, path)) ?? (await lookFor(wire, path))?.sizeBytes;
  }

  async #setMode(wire: FtpWire, path: string, mode: number): Promise<void> {
    try {
      await setMode(wire, path, mode);
    } catch (error) {
      if (isTransportError(error, "unsupported")) this.#refuse({ modes: true });
      throw error;
    }
  }

  async #setTime(wire: FtpWire, path: string, mtime: Date): Promise<void> {
    try {
      await setTime(wire, path, mtime);
    } catch (error) {
      if (isTransportError(error, "unsupported")) this.#refuse({ setsMtime: true });
      throw error;
    }
  }

  #refuse(refused: Partial<FtpRefusals>): void {
    this.#refusals = { ...this.#refusals, ...refused };
    this.#capabilities = ftpCapabilities(this.#wire, this.#refusals);
  }

  #learn(wire: FtpWire): void {
    if (this.#wire !== undefined) return;
    this.#wire = wire;
    this.#capabilities = ftpCapabilities(wire, this.#refusals);
  }

  /** Lends a wire to work that gives it back when it settles. */
  #use<T>(operation: Operation, repeatable: boolean, work: (turn: Turn) => Promise<T>): Promise<T> {
    const { name, signal } = operation;
    return unlessTurnedAway((started) =>
      this.#connection.use({ operation: name, signal, repeatable }, (wire, lease) => {
        this.#learn(wire);
        return inTurn({ wire, lease }, operation, graceMs, started, work);
      }),
    );
  }

  /** Lends a wire to work that resolves with a stream, which gives it back. */
  #stream<T>(operation: Operation, repeatable: boolean, open: (turn: Turn) => Promise<T>): Promise<T> {
    const { name, signal } = operation;
    const once = async (started: () => void): Promise<T> => {
      const lease = await this.#connection.lease({ operation: name, signal });
      const { wire } = lease;
      this.#learn(wire);
      try {
        return await inTurn({ wire, lease }, operation, 0, started, open);
      } catch (error) {
        if (isTransportError(error, "connection-lost")) lease.discard(error);
        else lease.release();
        throw error;
      }
    };
    return unlessTurnedAway(once, repeatable);
  }
}

const readableForAll = 0o044;
const ownersOnly = 0o600;

/** Deletes a temporary; where the server refuses, it is not there, or not ours to delete. */
async function discard(wire: FtpWire, temporary: Location): Promise<void> {
  try {
    await wire.request(`DELE ${await serverPath(wire, temporary)}`, [250, 200]);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

async function rename(wire: FtpWire, from: string, to: string): Promise<void> {
  await wire.request(`RNFR ${from}`, [350]);
  await wire.request(`RNTO ${to}`, [250, 200]);
}

/** What a server lists as nothing, or as one line, may be no directory: some answer so for a file, and for what is not there. */
async function refuseUnlessDirectory(wire: FtpWire, path: string, entries: number): Promise<void> {
  if (entries > 1) return;
  const found = await lookFor(wire, path);
  if (found === undefined) throw new TransportError("not-found", "there is nothing of that name");
  if (found.type === "file") throw new TransportError("not-a-directory", "it is not a directory");
}

/** What is in a directory. A name whose bytes are no text cannot be said in a path: it is reported, and neither guessed nor mangled. */
function namedEntries(entries: readonly DirectoryEntry[], at: Location): readonly RawEntry[] {
  const named: RawEntry[] = [];
  for (const { name, bytes, self, stat } of entries) {
    if (self) continue;
    if (name !== undefined) named.push({ name, stat });
    else publish("samewire:list:refused-name", () => ({ url: at.redactedUrl, name: JSON.stringify(bytes) }));
  }
  return named;
}

async function refuseExisting(wire: FtpWire, path: string): Promise<void> {
  if ((await lookFor(wire, path)) === undefined) return;
  throw new TransportError("already-exists", "there is something of that name already");
}

function isInMemory(source: ByteSource): boolean {
  return typeof source === "string" || source instanceof Uint8Array;
}

function noLinks(): TransportError {
  return new TransportError("unsupported", "FTP knows links, but cannot make or read them");
}

function noFsync(): TransportError {
  return new TransportError("unsupported", "the server cannot be asked to have a file on its disk", {
    hint: "Leave { fsync: true } out",
  });
}

/** Says of what happens to a stream which verb and URL it concerns. */
function placeOf(at: Location, { name }: Operation) {
  return (error: unknown): TransportError => toTransportError(error).with({ operation: name, url: at.redactedUrl });
}
