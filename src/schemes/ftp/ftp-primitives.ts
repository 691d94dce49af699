import type { Readable, Writable } from "node:stream";

import { whenAborted } from "../../connection/abort.ts";
import type { SharedConnection } from "../../connection/shared-connection.ts";
import type { Lease } from "../../connection/wire-pool.ts";
import type { FtpWire } from "../../drivers/basic-ftp.ts";
import { isRefusal, refusalCode } from "../../drivers/basic-ftp.ts";
import { TransportError, isTransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Capabilities } from "../../transport/capabilities.ts";
import type { Operation } from "../../transport/operation.ts";
import { abortedError } from "../../transport/operation.ts";
import type { Primitives, RawEntry, WriteRequest, WriteResult } from "../../transport/primitives.ts";
import type { Stat } from "../../transport/stat.ts";
import { isTempName } from "../../transport/temp-name.ts";
import type { Attributes, ByteSource } from "../../transport/verb-options.ts";
import type { Location } from "../../url/location.ts";
import { setMode, setTime } from "./ftp-attributes.ts";
import type { FtpRefusals } from "./ftp-capabilities.ts";
import { ftpCapabilities } from "./ftp-capabilities.ts";
import { listOf } from "./ftp-list.ts";
import { lookAt, lookFor, lookThrough, sizeOf } from "./ftp-look.ts";
import { FtpReadable } from "./ftp-read.ts";
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

/** One operation's use of a wire. */
interface Turn {
  readonly wire: FtpWire;
  readonly lease: Lease<FtpWire>;
}

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
      const why = whyNotListed(wire, path);
      const entries = await explained(listOf(wire, path), why);
      if (!entries.some(({ self }) => self)) await refuseUnlessDirectory(wire, path, entries.length);
      return entries.filter(({ self }) => !self);
    });
  }

  async readAt(at: Location, range: Range, operation: Operation): Promise<Readable> {
    const place = placeOf(at, operation);
    return await this.#stream(operation, true, async ({ wire, lease }) => {
      const path = await serverPath(wire, at);
      const transfer = await explained(wire.download(`RETR ${path}`, range.offset), whyNotOpened(wire, path, "read"));
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
      await explained(rename(wire, source, target), whyNotRenamed(wire, source, target)).catch((error: unknown) => {
        // A file over a file: this server does not replace.
        if (isTransportError(error, "already-exists")) this.#refuse({ atomicReplace: true });
        throw error;
      });
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
    const remove = async (wire: FtpWire): Promise<void> => {
      await wire.request(`DELE ${await serverPath(wire, at)}`, [250, 200]).catch((error: unknown) => {
        if (!isRefusal(error)) throw error; // Where the server refuses, it is not there, or not ours to delete.
      });
    };
    try {
      await this.#use({ name: "delete", signal: undefined }, false, ({ wire }) => remove(wire));
    } catch {
      this.#connection.onNextWire(remove);
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
    const drop = (): void => lease.discard(abortedError(operation));
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

/** How long what was aborted may take to end by itself, so that its wire need not be dropped for it. */
const graceMs = 1_000;

/**
 * Gives work its turn at a wire. Where it is aborted and goes on, nobody knows what the server says next, and the wire is dropped. `started` is called
 * when the server has answered anything.
 */
async function inTurn<T>(
  turn: Turn,
  operation: Operation,
  patienceMs: number,
  started: () => void,
  work: (turn: Turn) => Promise<T>,
): Promise<T> {
  const { wire, lease } = turn;
  let timer: NodeJS.Timeout | undefined;
  wire.heard = () => {
    started();
    lease.progress();
  };
  const drop = (): void => lease.discard(abortedError(operation));
  const stopListening = whenAborted(operation.signal, () => {
    if (patienceMs === 0) drop();
    else timer = setTimeout(drop, patienceMs).unref();
  });
  try {
    return await work(turn);
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

/**
 * A server that closed an idle connection says so in answer to whatever comes next (421), which it has not done: then it is asked again, on another
 * connection. What is repeatable is asked again after any loss.
 */
async function unlessTurnedAway<T>(once: (started: () => void) => Promise<T>, repeatable = false): Promise<T> {
  let begun = false;
  try {
    return await once(() => (begun = true));
  } catch (error) {
    const turnedAway = refusalCode(error) === 421 && !begun;
    if (!isTransportError(error, "connection-lost") || !(repeatable || turnedAway)) throw error;
    return await once(() => undefined);
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
