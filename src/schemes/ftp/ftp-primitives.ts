import type { Writable } from "node:stream";
import { Readable } from "node:stream";

import { publish } from "../../connection/events.ts";
import type { SharedConnection } from "../../connection/shared-connection.ts";
import { lostEffect } from "../../connection/wire-use.ts";
import type { FtpWire } from "../../drivers/basic-ftp.ts";
import { TransportError, isTransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Capabilities } from "../../transport/capabilities.ts";
import type { Operation } from "../../transport/operation.ts";
import type {
  AtomicPut,
  Primitives,
  RawEntry,
  ReadBytesLimits,
  RenameEvidence,
  WriteRequest,
  WriteResult,
} from "../../transport/primitives.ts";
import type { RepetitionRequest } from "../../transport/repetition.ts";
import { isRepeated, putRequest, writeRequest } from "../../transport/repetition.ts";
import type { Stat } from "../../transport/stat.ts";
import { isTempName } from "../../transport/temp-name.ts";
import type { Attributes, ByteSource, DigestAlgorithm } from "../../transport/verb-options.ts";
import { finishOrDiscard } from "../../transport/verbs/into-place.ts";
import type { Location } from "../../url/location.ts";
import { oneLine } from "../../url/printable.ts";
import { change, changesTo } from "./ftp-attributes.ts";
import { digestOf } from "./ftp-digest.ts";
import { fetchAll } from "./ftp-fetch.ts";
import { KnownServer } from "./ftp-known.ts";
import type { DirectoryEntry } from "./ftp-list.ts";
import { listOf } from "./ftp-list.ts";
import { lookAt, lookFor, lookThrough, sizeOf } from "./ftp-look.ts";
import { openForReading } from "./ftp-open.ts";
import type { KeptTemporary } from "./ftp-put.ts";
import { discard, putFile, writeFile } from "./ftp-put.ts";
import { FtpReadable } from "./ftp-read.ts";
import { rename } from "./ftp-rename.ts";
import { withTimes } from "./ftp-times.ts";
import type { Turn } from "./ftp-turn.ts";
import { graceMs, inTurn, unlessTurnedAway } from "./ftp-turn.ts";
import { FtpWritable } from "./ftp-write.ts";
import { explained, whyNotDeleted, whyNotListed, whyNotMade, whyNotOpened, whyNotRemoved } from "./second-look.ts";
import { serverPath } from "./server-path.ts";

type Range = { readonly offset: number; readonly length: number | undefined };

/** What `ftp:` does on a connection. A turn at a wire is one operation's alone, from its first command to its last reply. */
export class FtpPrimitives implements Primitives {
  readonly #connection: SharedConnection<FtpWire>;
  readonly #known = new KnownServer();

  constructor(connection: SharedConnection<FtpWire>) {
    this.#connection = connection;
  }

  get capabilities(): Capabilities {
    return this.#known.capabilities;
  }

  statAt(at: Location, { followLinks }: { readonly followLinks: boolean }, operation: Operation): Promise<Stat> {
    return this.#use(operation, "stat", async ({ wire }) => {
      const path = await serverPath(wire, at);
      return await (followLinks ? lookThrough(wire, path) : lookAt(wire, path));
    });
  }

  async *listAt(
    at: Location,
    operation: Operation,
    { mtimes }: { readonly mtimes: boolean } = { mtimes: false },
  ): AsyncGenerator<readonly RawEntry[]> {
    // The wire is given back before anybody sees an entry: whoever reads the list wants to use it.
    yield await this.#use(operation, "list", async ({ wire }) => {
      const path = await serverPath(wire, at);
      const entries = await explained(listOf(wire, path), whyNotListed(wire, path));
      if (!entries.some(({ self }) => self)) await refuseUnlessDirectory(wire, path, entries.length);
      refuseUnknownForm(entries);
      const named = namedEntries(entries, at);
      return mtimes ? await withTimes(wire, path, named) : named;
    });
  }

  async readAt(at: Location, range: Range, operation: Operation): Promise<Readable> {
    const place = placeOf(at, operation);
    return await this.#stream(operation, "get", async ({ wire, lease }) => {
      const path = await serverPath(wire, at);
      const opened = await openForReading(wire, path, range);
      if (opened === undefined) {
        lease.release();
        return Readable.from([]);
      }
      const { unreadTimeoutMs } = this.#connection.policy;
      return new FtpReadable(opened.transfer, lease, {
        length: range.length,
        due: opened.due,
        signal: operation.signal,
        place,
        unreadTimeoutMs,
      });
    });
  }

  /** A range is what a stream is for: the rest of the file is not sent for. */
  readBytesAt(
    at: Location,
    { offset, length }: Range,
    limits: ReadBytesLimits,
    operation: Operation,
  ): Promise<Buffer> | undefined {
    if (length !== undefined) return undefined;
    return this.#use(operation, "getBytes", async (turn) => {
      const path = await serverPath(turn.wire, at);
      const opened = await openForReading(turn.wire, path, { offset, length }, limits.expectedBytes);
      if (opened === undefined) return Buffer.alloc(0);
      return await fetchAll(turn, opened, limits, offset === 0 ? path : undefined);
    });
  }

  digestAt(at: Location, algorithm: DigestAlgorithm, operation: Operation): Promise<string | undefined> {
    return this.#use(operation, "digest", async ({ wire }) => digestOf(wire, await serverPath(wire, at), algorithm));
  }

  writeAt(at: Location, source: ByteSource, request: WriteRequest, operation: Operation): Promise<WriteResult> {
    if (request.fsync) return Promise.reject(noFsync());
    return this.#use(operation, writeRequest(request.how, source), async (turn) => {
      const { wire } = turn;
      const path = await serverPath(wire, at);
      const lengthBefore = request.how === "append" ? await wire.beforeTransfer(() => lengthOf(wire, path)) : undefined;
      request.begins?.(lengthBefore ?? 0);
      if (request.how === "create" && !isTempName(at.name)) await refuseExisting(wire, path);
      const isNew = request.how !== "append" || lengthBefore === undefined;
      const { mtime } = request;
      const attributes = { mode: isNew ? request.mode : undefined, mtime };
      const command = `${request.how === "append" ? "APPE" : "STOR"} ${path}`;
      const place = { known: this.#known, operation };
      const bytesWritten = await writeFile(turn, command, path, source, attributes, place);
      return { bytesWritten, lengthBefore: lengthBefore ?? 0 };
    });
  }

  async putAt(at: Location, put: AtomicPut, operation: Operation): Promise<number> {
    if (put.fsync) throw noFsync();
    const discardLater = (temporary: Location): void => this.#connection.onNextWire((wire) => discard(wire, temporary));
    const request = putRequest(put.source);
    let kept: KeptTemporary = {};
    const keep = isRepeated(request) ? undefined : (temporary: KeptTemporary): void => void (kept = temporary);
    let renaming = false;
    const renames = (): void => void (renaming = true);
    const place = { at, known: this.#known, operation, discardLater, keep, renames };
    try {
      return await this.#use(operation, request, (turn) => putFile(turn, put, place));
    } catch (error) {
      // Up to then all that has changed has a name of its own.
      if (!renaming) throw toTransportError(error).with({ effect: "none" });
      // Assigned in the callback, which the compiler does not see.
      const whole = kept as KeptTemporary;
      if (whole.temporary === undefined) throw error;
      const { temporary, sizeBytes, attributes } = whole;
      await finishOrDiscard(this, { temporary, at, sizeBytes }, operation, error);
      // They were asked for along with the name, and nobody knows what became of them.
      if (attributes !== undefined) await this.#setBehind(at, attributes, operation);
      return sizeBytes;
    }
  }

  /** Gives a file that is in its place what it lacks. */
  async #setBehind(at: Location, attributes: Attributes, operation: Operation): Promise<void> {
    await this.setAttributesAt(at, attributes, operation).catch((error: unknown) => {
      throw toTransportError(error).with({ effect: "done" });
    });
  }

  async openWriterAt(
    at: Location,
    { mode }: { readonly mode: number | undefined },
    operation: Operation,
  ): Promise<Writable> {
    const place = placeOf(at, operation);
    return await this.#stream(operation, "openWriteStream", async (turn) => {
      const { wire, lease } = turn;
      const path = await serverPath(wire, at);
      // The mode cannot be set while the file is being written.
      if (mode !== undefined)
        await writeFile(turn, `STOR ${path}`, path, "", { mode }, { known: this.#known, operation });
      const transfer = await explained(wire.upload(`STOR ${path}`), whyNotOpened(wire, path, "write"));
      // The file is there already, and what was written before the failure may be in it.
      return new FtpWritable(transfer, lease, operation.signal, (error) => place(error).with({ effect: "unknown" }));
    });
  }

  mkdirAt(at: Location, { mode }: { readonly mode: number | undefined }, operation: Operation): Promise<void> {
    return this.#use(operation, "mkdir", async ({ wire }) => {
      const path = await serverPath(wire, at);
      await explained(wire.request(`MKD ${path}`, [257, 250]), whyNotMade(wire, path));
      if (mode !== undefined) await change(wire, changesTo(wire, path, { mode }, this.#known));
    });
  }

  deleteAt(at: Location, operation: Operation): Promise<void> {
    return this.#use(operation, "delete", async ({ wire }) => {
      const path = await serverPath(wire, at);
      await explained(wire.request(`DELE ${path}`, [250, 200]), whyNotDeleted(wire, path));
    });
  }

  rmdirAt(at: Location, operation: Operation): Promise<void> {
    return this.#use(operation, "rmdir", async ({ wire }) => {
      const path = await serverPath(wire, at);
      await explained(wire.request(`RMD ${path}`, [250, 200]), whyNotRemoved(wire, path));
    });
  }

  renameAt(from: Location, to: Location, operation: Operation, evidence?: RenameEvidence): Promise<void> {
    return this.#use(operation, "rename", async ({ wire }) => {
      const [source, target] = [await serverPath(wire, from), await serverPath(wire, to)];
      await rename(wire, source, target, this.#known, evidence);
    });
  }

  setAttributesAt(at: Location, attributes: Attributes, operation: Operation): Promise<void> {
    return this.#use(operation, "setAttributes", async ({ wire }) => {
      const path = await serverPath(wire, at);
      await change(wire, changesTo(wire, path, attributes, this.#known));
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
      await this.#use({ name: "delete", signal: undefined }, "delete", ({ wire }) => discard(wire, at));
    } catch {
      this.#connection.onNextWire((wire) => discard(wire, at));
    }
  }

  /** Lends a wire to work that gives it back when it settles. */
  #use<T>(operation: Operation, request: RepetitionRequest, work: (turn: Turn) => Promise<T>): Promise<T> {
    const { name, signal } = operation;
    const repeatable = isRepeated(request);
    return unlessTurnedAway(operation, repeatable ? "never" : "unsent", (news) =>
      this.#connection.use({ operation: name, signal, repeatable }, (wire, lease) => {
        this.#known.learn(wire);
        return inTurn({ wire, lease }, operation, graceMs, news, work);
      }),
    );
  }

  /** Lends a wire to work that resolves with a stream, which gives it back. */
  #stream<T>(operation: Operation, request: RepetitionRequest, open: (turn: Turn) => Promise<T>): Promise<T> {
    const { name, signal } = operation;
    return unlessTurnedAway(operation, isRepeated(request) ? "always" : "unsent", async (news) => {
      const lease = await this.#connection.lease({ operation: name, signal });
      const { wire } = lease;
      this.#known.learn(wire);
      try {
        return await inTurn({ wire, lease }, operation, 0, news, open);
      } catch (error) {
        if (isTransportError(error, "connection-lost")) lease.discard(error);
        else lease.release();
        throw lostEffect(error, name);
      }
    });
  }
}

async function lengthOf(wire: FtpWire, path: string): Promise<number | undefined> {
  return (await sizeOf(wire, path)) ?? (await lookFor(wire, path))?.sizeBytes;
}

/** What a server lists as nothing, or as one line, may be no directory: some answer so for a file, and for what is not there. */
async function refuseUnlessDirectory(wire: FtpWire, path: string, entries: number): Promise<void> {
  if (entries > 1) return;
  const found = await lookFor(wire, path);
  if (found === undefined) throw new TransportError("not-found", "there is nothing of that name");
  if (found.type === "file") throw new TransportError("not-a-directory", "it is not a directory");
}

/** Not a line of it is understood: that is no empty directory. */
function refuseUnknownForm(entries: readonly DirectoryEntry[]): void {
  const [first] = entries;
  if (first === undefined || entries.some(({ understood }) => understood)) return;
  throw new TransportError(
    "unsupported",
    `the server lists in a form that is not known; it says: ${oneLine(first.bytes)}`,
    {
      hint: "Known are the forms of Unix and of DOS, and MLSD",
    },
  );
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
