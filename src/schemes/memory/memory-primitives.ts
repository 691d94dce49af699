import type { Readable, Writable } from "node:stream";

import type { SharedConnection } from "../../connection/shared-connection.ts";
import type { Lease } from "../../connection/wire-pool.ts";
import type { Capabilities } from "../../transport/capabilities.ts";
import type { Operation } from "../../transport/operation.ts";
import type {
  PartReader,
  Primitives,
  RawEntry,
  ReadBytesLimits,
  WriteRequest,
  WriteResult,
} from "../../transport/primitives.ts";
import { readStream } from "../../transport/read-stream.ts";
import type { RepetitionRequest } from "../../transport/repetition.ts";
import { isRepeated, writeRequest } from "../../transport/repetition.ts";
import type { Stat } from "../../transport/stat.ts";
import { tempName } from "../../transport/temp-name.ts";
import type { Attributes, ByteSource } from "../../transport/verb-options.ts";
import { tooLarge } from "../../transport/verbs/read-all.ts";
import { chunksOf } from "../../transport/verbs/source.ts";
import { writeStream } from "../../transport/write-stream.ts";
import type { Location } from "../../url/location.ts";
import type { FileTree } from "./file-tree.ts";
import type { MemorySession } from "./memory-session.ts";
import type { TreeFile } from "./tree-file.ts";
import type { OpenFlags, TreeStat } from "./tree-types.ts";

const capabilities: Capabilities = {
  writable: true,
  listable: true,
  directories: true,
  append: true,
  writeStream: true,
  atomicReplace: true,
  rename: true,
  serverCopy: true,
  symlinks: true,
  tellsLinks: true,
  hardlinks: true,
  modes: true,
  specialModes: true,
  setsMtime: true,
  mtimeResolutionMs: 1,
  rangedReads: true,
  parallelReads: false,
  lock: "rename",
  caseSensitive: true,
  controlCharactersInNames: true,
  local: false,
  connected: true,
  concurrent: true,
};

const howToOpen: Readonly<Record<WriteRequest["how"], OpenFlags>> = {
  replace: { write: true, create: true, truncate: true },
  create: { write: true, create: true, exclusive: true },
  append: { write: true, create: true, append: true },
};

interface Range {
  readonly offset: number;
  readonly length: number | undefined;
}

/** Entries that a listing gives at a time. */
const batchSize = 256;

/** A file tree as every other server: asked through sessions that are lent, counted and can be lost. */
export class MemoryPrimitives implements Primitives {
  readonly capabilities: Capabilities = capabilities;
  readonly #connection: SharedConnection<MemorySession>;

  constructor(connection: SharedConnection<MemorySession>) {
    this.#connection = connection;
  }

  statAt(at: Location, { followLinks }: { readonly followLinks: boolean }, operation: Operation): Promise<Stat> {
    return this.#use(operation, "stat", (tree) => describe(followLinks ? tree.stat(at.path) : tree.lstat(at.path)));
  }

  async *listAt(at: Location, operation: Operation): AsyncGenerator<RawEntry[]> {
    const entries = await this.#use(operation, "list", (tree) => tree.readdir(at.path));
    for (let next = 0; next < entries.length; next += batchSize) {
      yield entries.slice(next, next + batchSize).map(({ name, stat }) => ({ name, stat: describe(stat) }));
    }
  }

  async readAt(at: Location, range: Range, operation: Operation): Promise<Readable> {
    return readStream(await this.#openReader(at, operation), range, at, operation);
  }

  readBytesAt(at: Location, range: Range, { maxBytes }: ReadBytesLimits, operation: Operation): Promise<Buffer> {
    return this.#use(operation, "getBytes", (tree) => readWhole(tree, at.path, range, maxBytes));
  }

  openReaderAt(at: Location, operation: Operation): Promise<PartReader> {
    return this.#openReader(at, operation);
  }

  writeAt(at: Location, source: ByteSource, request: WriteRequest, operation: Operation): Promise<WriteResult> {
    return this.#connection.use(
      {
        operation: operation.name,
        signal: operation.signal,
        repeatable: isRepeated(writeRequest(request.how, source)),
      },
      async (session, lease) => {
        const file = session.ask((tree) => tree.open(at.path, howToOpen[request.how], request.mode));
        try {
          // The store answers at once: whatever takes its time is the source.
          lease.pause();
          return await write(session, file, source, request, operation);
        } finally {
          file.close();
        }
      },
    );
  }

  async openWriterAt(
    at: Location,
    { mode }: { readonly mode: number | undefined },
    operation: Operation,
  ): Promise<Writable> {
    const { file, lease } = await this.#open(at, howToOpen.replace, mode, operation);
    if (mode !== undefined) file.setAttributes({ mode });
    const writer = {
      write: async (offset: number, chunks: readonly Uint8Array[]) => {
        const bytes = Buffer.concat(chunks);
        lease.wire.ask(() => file.write(offset, bytes), bytes);
      },
      close: async () => close(file, lease),
    };
    return writeStream(writer, at, operation);
  }

  mkdirAt(at: Location, { mode }: { readonly mode: number | undefined }, operation: Operation): Promise<void> {
    return this.#use(operation, "mkdir", (tree) => tree.mkdir(at.path, mode));
  }

  deleteAt(at: Location, operation: Operation): Promise<void> {
    return this.#use(operation, "delete", (tree) => tree.unlink(at.path));
  }

  rmdirAt(at: Location, operation: Operation): Promise<void> {
    return this.#use(operation, "rmdir", (tree) => tree.rmdir(at.path));
  }

  renameAt(from: Location, to: Location, operation: Operation): Promise<void> {
    return this.#use(operation, "rename", (tree) => tree.rename(from.path, to.path, { replace: true }));
  }

  setAttributesAt(at: Location, attributes: Attributes, operation: Operation): Promise<void> {
    return this.#use(operation, "setAttributes", (tree) =>
      tree.setAttributes(at.path, attributes, { followLinks: true }),
    );
  }

  symlinkAt(target: string, at: Location, operation: Operation): Promise<void> {
    return this.#use(operation, "symlink", (tree) => tree.symlink(target, at.path));
  }

  readlinkAt(at: Location, operation: Operation): Promise<string> {
    return this.#use(operation, "readlink", (tree) => tree.readlink(at.path));
  }

  hardlinkAt(existing: Location, at: Location, operation: Operation): Promise<void> {
    return this.#use(operation, "hardlink", (tree) => tree.link(existing.path, at.path));
  }

  copyAt(from: Location, to: Location, operation: Operation): Promise<void> {
    return this.#use(operation, "copy", (tree) => copyFile(tree, from, to));
  }

  async discardTemporary(at: Location): Promise<void> {
    const discard = async (session: MemorySession): Promise<void> => {
      session.ask((tree) => tree.unlink(at.path));
    };
    // Also a wire that has just been lost may have left a temporary behind, which only the next one can remove.
    if (this.#connection.state !== "ready") return this.#connection.onNextWire(discard);
    await Promise.allSettled([this.#connection.use({ operation: "put", repeatable: isRepeated("put") }, discard)]);
  }

  #use<T>({ name, signal }: Operation, row: RepetitionRequest, request: (tree: FileTree) => T): Promise<T> {
    const repeatable = isRepeated(row);
    return this.#connection.use({ operation: name, signal, repeatable }, (session) => ask(session, request));
  }

  async #openReader(at: Location, operation: Operation): Promise<PartReader> {
    const { file, lease } = await this.#open(at, { read: true }, undefined, operation);
    return {
      read: async (offset, length) => lease.wire.ask(() => file.read(offset, length)),
      close: async () => close(file, lease),
    };
  }

  /** Opens a file on a lease that is kept until the file is closed. */
  async #open(
    at: Location,
    flags: OpenFlags,
    mode: number | undefined,
    { name, signal }: Operation,
  ): Promise<{ file: TreeFile; lease: Lease<MemorySession> }> {
    const lease = await this.#connection.lease({ operation: name, signal });
    try {
      const file = lease.wire.ask((tree) => tree.open(at.path, flags, mode));
      lease.pause();
      return { file, lease };
    } catch (error) {
      lease.release();
      throw error;
    }
  }
}

/** A tree answers at once, but as a server does: never before the caller has gone on, so that the answer may be lost. */
async function ask<Answer>(session: MemorySession, request: (tree: FileTree) => Answer): Promise<Answer> {
  await Promise.resolve();
  return session.ask(request);
}

async function write(
  session: MemorySession,
  file: TreeFile,
  source: ByteSource,
  { how, mode, mtime, begins }: WriteRequest,
  operation: Operation,
): Promise<WriteResult> {
  const lengthBefore = how === "append" ? file.stat().sizeBytes : 0;
  begins?.(lengthBefore);
  let bytesWritten = 0;
  for await (const chunk of chunksOf(source, operation)) {
    session.ask(() => file.write(bytesWritten, chunk), chunk);
    bytesWritten += chunk.length;
  }
  session.ask(() => file.setAttributes({ mtime, mode: how === "append" ? undefined : mode }));
  return { bytesWritten, lengthBefore };
}

function readWhole(tree: FileTree, path: string, { offset, length = Infinity }: Range, maxBytes: number): Buffer {
  const file = tree.open(path, { read: true });
  try {
    const wanted = Math.min(length, Math.max(0, file.stat().sizeBytes - offset));
    if (wanted > maxBytes) throw tooLarge(maxBytes);
    return file.read(offset, wanted);
  } finally {
    file.close();
  }
}

/** In one step, which nobody can see the middle of. A link in the way is replaced, as by `put`. */
function copyFile(tree: FileTree, from: Location, to: Location): void {
  const content = readWhole(tree, from.path, { offset: 0, length: undefined }, Infinity);
  const temporary = to.parent().resolve(tempName()).path;
  const copy = tree.open(temporary, howToOpen.create, tree.stat(from.path).mode);
  try {
    copy.write(0, content);
    tree.rename(temporary, to.path, { replace: true });
  } catch (error) {
    tree.unlink(temporary);
    throw error;
  } finally {
    copy.close();
  }
}

function close(file: TreeFile, lease: Lease<MemorySession>): void {
  file.close();
  lease.release();
}

function describe({ type, sizeBytes, mode, mtime, atime }: TreeStat): Stat {
  return { type, sizeBytes, mode, mtime, atime };
}
