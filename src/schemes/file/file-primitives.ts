import { isUtf8 } from "node:buffer";
import type { Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

import { publish } from "../../connection/events.ts";
import { TransportError } from "../../errors/transport-error.ts";
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
import type { EntryType, Stat } from "../../transport/stat.ts";
import { tempName } from "../../transport/temp-name.ts";
import type { Attributes, ByteSource } from "../../transport/verb-options.ts";
import { writeStream } from "../../transport/write-stream.ts";
import { formatLocalPath } from "../../url/local-path.ts";
import type { Location } from "../../url/location.ts";
import { onDisk } from "./file-errors.ts";
import { openToRead, openToWrite, readBytes, writeFile } from "./local-file.ts";
import { requireContent } from "./open-file.ts";

const posix = process.platform !== "win32";

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
  modes: posix,
  specialModes: posix,
  setsMtime: true,
  mtimeResolutionMs: 1,
  rangedReads: true,
  parallelReads: false,
  lock: "rename",
  caseSensitive: posix && process.platform !== "darwin",
  controlCharactersInNames: posix,
  local: true,
  connected: false,
  concurrent: true,
};

/** Entries that are looked at together. */
const batchSize = 256;

/** The local file system, as `node:fs` gives it. */
export class FilePrimitives implements Primitives {
  readonly capabilities: Capabilities = capabilities;

  async statAt(at: Location, { followLinks }: { readonly followLinks: boolean }): Promise<Stat> {
    const path = formatLocalPath(at);
    return describe(await onDisk(() => (followLinks ? fs.stat(path) : fs.lstat(path))));
  }

  async *listAt(at: Location): AsyncGenerator<RawEntry[]> {
    const path = formatLocalPath(at);
    const names = await onDisk(() => fs.readdir(path, { encoding: "buffer" }));
    for (let next = 0; next < names.length; next += batchSize) {
      const batch = names.slice(next, next + batchSize).flatMap((name) => decodeName(at, name));
      yield await Promise.all(batch.map(async (name) => ({ name, stat: await lookAt(join(path, name)) })));
    }
  }

  async readAt(
    at: Location,
    range: { readonly offset: number; readonly length: number | undefined },
    operation: Operation,
  ): Promise<Readable> {
    return readStream(await this.openReaderAt(at), range, at, operation);
  }

  readBytesAt(
    at: Location,
    range: { readonly offset: number; readonly length: number | undefined },
    limits: ReadBytesLimits,
  ): Promise<Buffer> {
    return readBytes(formatLocalPath(at), range, limits);
  }

  openReaderAt(at: Location): Promise<PartReader> {
    return openToRead(formatLocalPath(at));
  }

  writeAt(at: Location, source: ByteSource, request: WriteRequest, operation: Operation): Promise<WriteResult> {
    return writeFile(formatLocalPath(at), source, request, operation);
  }

  async openWriterAt(
    at: Location,
    { mode }: { readonly mode: number | undefined },
    operation: Operation,
  ): Promise<Writable> {
    return writeStream(await openToWrite(formatLocalPath(at), mode), at, operation);
  }

  async mkdirAt(at: Location, { mode }: { readonly mode: number | undefined }): Promise<void> {
    const path = formatLocalPath(at);
    await onDisk(async () => {
      await fs.mkdir(path, mode);
      if (mode !== undefined) await fs.chmod(path, mode);
    });
  }

  async deleteAt(at: Location): Promise<void> {
    const path = formatLocalPath(at);
    // POSIX lets systems refuse a directory with EPERM, as macOS does; a look tells.
    await onDisk(() => fs.unlink(path)).catch(async (error: unknown) => {
      if ((await lookAt(path))?.type === "directory")
        throw new TransportError("is-a-directory", "it is a directory", { cause: error });
      throw error;
    });
  }

  async rmdirAt(at: Location): Promise<void> {
    await onDisk(() => fs.rmdir(formatLocalPath(at)));
  }

  async renameAt(from: Location, to: Location): Promise<void> {
    await onDisk(() => fs.rename(formatLocalPath(from), formatLocalPath(to)));
  }

  async setAttributesAt(at: Location, { mode, mtime }: Attributes): Promise<void> {
    const path = formatLocalPath(at);
    await onDisk(async () => {
      const { atime } = await fs.stat(path);
      if (mtime !== undefined) await fs.utimes(path, atime, mtime);
      if (mode !== undefined) await fs.chmod(path, mode);
    });
  }

  async symlinkAt(target: string, at: Location): Promise<void> {
    await onDisk(() => fs.symlink(target, formatLocalPath(at)));
  }

  async readlinkAt(at: Location): Promise<string> {
    const path = formatLocalPath(at);
    if ((await onDisk(() => fs.lstat(path))).isSymbolicLink()) return await onDisk(() => fs.readlink(path));
    throw new TransportError("unsupported", "it is not a link");
  }

  async hardlinkAt(existing: Location, at: Location): Promise<void> {
    await onDisk(() => fs.link(formatLocalPath(existing), formatLocalPath(at)));
  }

  /** Through a temporary, so that nobody sees the middle of it; a link in the way is replaced, as by `put`. */
  async copyAt(from: Location, to: Location): Promise<void> {
    const [source, target] = [formatLocalPath(from), formatLocalPath(to)];
    requireContent(await onDisk(() => fs.stat(source)));
    if ((await lookAt(target))?.type === "directory")
      throw new TransportError("is-a-directory", "a directory is in the way");
    const temporary = to.parent().resolve(tempName());
    try {
      await onDisk(() => fs.copyFile(source, formatLocalPath(temporary), fs.constants.COPYFILE_EXCL));
      // A copy is new, everywhere. Node 24 gives the copy of an empty file the times of its source.
      const now = new Date();
      await onDisk(() => fs.utimes(formatLocalPath(temporary), now, now));
      await this.renameAt(temporary, to);
    } catch (error) {
      await this.discardTemporary(temporary);
      throw error;
    }
  }

  async discardTemporary(at: Location): Promise<void> {
    await fs.rm(formatLocalPath(at), { force: true }).catch(() => undefined); // It is named so that `sync` sweeps it later.
  }

  localPathOf(at: Location): string {
    return formatLocalPath(at);
  }
}

/** What is at a path itself; undefined where nothing is, or nothing that one may look at. */
async function lookAt(path: string): Promise<Stat | undefined> {
  return await fs.lstat(path).then(describe, () => undefined);
}

/** Names that are no UTF-8 cannot be said in a path: they are reported, and not mangled. */
function decodeName(at: Location, name: Buffer): [string] | [] {
  if (isUtf8(name)) return [name.toString("utf8")];
  publish("samewire:list:refused-name", () => ({ url: at.redactedUrl, name: JSON.stringify(name.toString("latin1")) }));
  return [];
}

function describe(stats: Stats): Stat {
  const { size, mtimeMs, atimeMs, mode, uid, gid } = stats;
  const type = typeOf(stats);
  const sizeBytes = type === "directory" ? 0 : size;
  return { type, sizeBytes, mtime: timeOf(mtimeMs), atime: timeOf(atimeMs), mode: mode & 0o7777, uid, gid };
}

/** How far a time may be from what it was set to: it goes to the system as a number of seconds, and comes back as one of milliseconds. */
const inexactMs = 0.001;

/**
 * What there is of a millisecond is dropped, as servers drop what there is of a second: rounded, as in Node's own `mtime`, a file's last half millisecond before a
 * full second would be a time that no server of full seconds ever tells.
 */
function timeOf(ms: number): Date {
  return new Date(Math.floor(ms + inexactMs));
}

function typeOf(stats: Stats): EntryType {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "link" : "other";
}
