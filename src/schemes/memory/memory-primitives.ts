import { Readable, Writable } from "node:stream";

import type { SharedConnection } from "../../connection/shared-connection.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { Capabilities } from "../../transport/capabilities.ts";
import type { Operation } from "../../transport/operation.ts";
import type { Primitives, RawEntry, WriteRequest, WriteResult } from "../../transport/primitives.ts";
import type { Stat } from "../../transport/stat.ts";
import type { Attributes, ByteSource } from "../../transport/verb-options.ts";
import { chunksOf } from "../../transport/verbs/source.ts";
import type { Location } from "../../url/location.ts";
import type { FileTree } from "./file-tree.ts";
import { sessionClosed } from "./memory-connector.ts";
import type { MemorySession } from "./memory-store.ts";
import type { TreeFile } from "./tree-file.ts";
import type { TreeStat } from "./tree-types.ts";

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
  hardlinks: true,
  modes: true,
  setsMtime: true,
  mtimeResolutionMs: 1,
  rangedReads: true,
  lock: "mkdir",
  caseSensitive: true,
  controlCharactersInNames: true,
  local: false,
  connected: true,
};

/** Bytes that a stream takes from the store at once. */
const chunkBytes = 64 * 1024;

/** Files of a store, over the sessions of a shared connection. */
export class MemoryPrimitives implements Primitives {
  readonly capabilities: Capabilities = capabilities;
  readonly #connection: SharedConnection<MemorySession>;

  constructor(connection: SharedConnection<MemorySession>) {
    this.#connection = connection;
  }

  statAt(at: Location, { followLinks }: { readonly followLinks: boolean }, operation: Operation): Promise<Stat> {
    return this.#ask(operation, (tree) => statOf(followLinks ? tree.stat(at.path) : tree.lstat(at.path)));
  }

  async *listAt(at: Location, operation: Operation): AsyncGenerator<readonly RawEntry[]> {
    yield await this.#ask(operation, (tree) => tree.readdir(at.path).map(({ name, stat }) => ({ name, stat: statOf(stat) })));
  }

  async readAt(at: Location, { offset, length = Infinity }: { readonly offset: number; readonly length: number | undefined }, operation: Operation): Promise<Readable> {
    const file = await this.#ask(operation, (tree) => tree.open(at.path, { read: true }));
    return Readable.from(this.#chunks(file, offset, length, operation), { objectMode: false, highWaterMark: chunkBytes });
  }

  async readBytesAt(at: Location, { offset, length }: { readonly offset: number; readonly length: number | undefined }, maxBytes: number, operation: Operation): Promise<Buffer> {
    return await this.#ask(operation, (tree) => {
      const file = tree.open(at.path, { read: true });
      const wanted = Math.min(length ?? Infinity, Math.max(0, file.stat().sizeBytes - offset));
      if (wanted > maxBytes) throw new TransportError("no-space", `the content is larger than maxBytes, ${maxBytes} bytes`);
      return file.read(offset, wanted);
    });
  }

  async writeAt(at: Location, source: ByteSource, request: WriteRequest, operation: Operation): Promise<WriteResult> {
    const { how, mode, mtime } = request;
    const file = await this.#change(operation, (tree) => {
      const isNew = how !== "replace" && !exists(tree, at.path);
      const opened = tree.open(at.path, { write: true, create: true, exclusive: how === "create", truncate: how === "replace", append: how === "append" }, mode);
      if (mode !== undefined && (how !== "append" || isNew)) opened.setAttributes({ mode });
      return opened;
    });
    const lengthBefore = how === "append" ? file.stat().sizeBytes : 0;
    let bytesWritten = 0;
    for await (const chunk of chunksOf(source)) {
      if (operation.signal?.aborted) throw new TransportError("aborted", "the operation was aborted", { effect: "unknown" });
      await this.#change(operation, () => file.write(bytesWritten, chunk));
      bytesWritten += chunk.length;
    }
    if (mtime !== undefined) file.setAttributes({ mtime });
    file.close();
    return { bytesWritten, lengthBefore };
  }

  async openWriterAt(at: Location, { mode }: { readonly mode: number | undefined }, operation: Operation): Promise<Writable> {
    const file = await this.#change(operation, (tree) => {
      const opened = tree.open(at.path, { write: true, create: true, truncate: true }, mode);
      if (mode !== undefined) opened.setAttributes({ mode });
      return opened;
    });
    let offset = 0;
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        const at = offset;
        offset += chunk.length;
        this.#change(operation, () => file.write(at, chunk)).then(() => done(), done);
      },
      destroy: (error, done) => {
        file.close();
        done(error);
      },
    });
  }

  mkdirAt(at: Location, { mode }: { readonly mode: number | undefined }, operation: Operation): Promise<void> {
    return this.#change(operation, (tree) => tree.mkdir(at.path, mode));
  }

  deleteAt(at: Location, operation: Operation): Promise<void> {
    return this.#change(operation, (tree) => tree.unlink(at.path));
  }

  rmdirAt(at: Location, operation: Operation): Promise<void> {
    return this.#change(operation, (tree) => tree.rmdir(at.path));
  }

  renameAt(from: Location, to: Location, operation: Operation): Promise<void> {
    return this.#change(operation, (tree) => tree.rename(from.path, to.path, { replace: true }));
  }

  setAttributesAt(at: Location, { mode, mtime }: Attributes, operation: Operation): Promise<void> {
    return this.#change(operation, (tree) => tree.setAttributes(at.path, { mode, mtime }, { followLinks: true }));
  }

  symlinkAt(target: string, at: Location, operation: Operation): Promise<void> {
    return this.#change(operation, (tree) => tree.symlink(target, at.path));
  }

  readlinkAt(at: Location, operation: Operation): Promise<string> {
    return this.#ask(operation, (tree) => tree.readlink(at.path));
  }

  hardlinkAt(existing: Location, at: Location, operation: Operation): Promise<void> {
    return this.#change(operation, (tree) => tree.link(existing.path, at.path));
  }

  copyAt(from: Location, to: Location, operation: Operation): Promise<void> {
    return this.#change(operation, (tree) => {
      const source = tree.open(from.path, { read: true });
      const { mode, sizeBytes } = source.stat();
      tree.open(to.path, { write: true, create: true, truncate: true }, mode).write(0, source.read(0, sizeBytes));
    });
  }

  async discardTemporary(at: Location): Promise<void> {
    await this.#change({ name: "put", signal: undefined }, (tree) => exists(tree, at.path) && tree.unlink(at.path));
  }

  /** Asks for something that changes nothing, and may be asked twice. */
  #ask<T>({ name, signal }: Operation, work: (tree: FileTree) => T): Promise<T> {
    return this.#connection.use({ operation: name, signal, repeatable: true }, (session) => onSession(session, work));
  }

  #change<T>({ name, signal }: Operation, work: (tree: FileTree) => T): Promise<T> {
    return this.#connection.use({ operation: name, signal, repeatable: false }, (session) => onSession(session, work));
  }

  async *#chunks(file: TreeFile, offset: number, length: number, operation: Operation): AsyncGenerator<Buffer> {
    for (let left = length; left > 0; ) {
      const chunk = await this.#ask(operation, () => file.read(offset, Math.min(left, chunkBytes)));
      if (chunk.length === 0) return;
      yield chunk;
      offset += chunk.length;
      left -= chunk.length;
    }
  }
}

/** A tree answers at once, but as a server does: never before the caller has gone on. */
async function onSession<T>(session: MemorySession, work: (tree: FileTree) => T): Promise<T> {
  await Promise.resolve();
  if (!session.open) throw sessionClosed(session.store);
  session.requests++;
  return work(session.store.tree);
}

function exists(tree: FileTree, path: string): boolean {
  try {
    tree.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof TransportError && error.code === "not-found") return false;
    throw error;
  }
}

function statOf({ type, sizeBytes, mode, mtime, atime }: TreeStat): Stat {
  return { type, sizeBytes, mode, mtime, atime };
}
