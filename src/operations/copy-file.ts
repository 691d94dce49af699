import type { Hash } from "node:crypto";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";

import { isTransportError } from "../errors/transport-error.ts";
import { splitContent } from "./split-content.ts";
import type { Capabilities } from "../transport/capabilities.ts";
import { lendFor } from "../transport/lent-chunks.ts";
import type { Stat } from "../transport/stat.ts";
import type { PutOptions } from "../transport/verb-options.ts";
import { readFirst } from "./in-place.ts";
import { nearestTime } from "./nearest-time.ts";
import type { Ends, Preserve } from "./tree-options.ts";
import type { Written } from "./verify.ts";

/** Files that are held in memory as a whole: fewer round trips, and no stream. */
export const smallBytes: number = 256 * 1024;
/** A file that has grown beyond this since it was listed is a stream after all. */
const mostInMemory = 4 * 1024 * 1024;

/** What a large file counts for among the bytes in flight: what its stream holds at a time. */
const streamBytes = 4 * 1024 * 1024;

export interface FileToCopy {
  readonly path: string;
  readonly stat: Stat;
  /** In a directory that this copy made. */
  readonly isNew: boolean;
  /** What is written over in place may be the source, by another name. */
  readonly mayBeItself: boolean;
}

export interface CopyHow {
  readonly atomic: boolean;
  readonly preserve: Preserve;
  readonly signal: AbortSignal | undefined;
  /** Where the server, or the file system, can copy by itself: the path of the target as the source sees it. */
  readonly seenFromSource: ((path: string) => string) | undefined;
  /** Is told of bytes as they move; undefined where nobody wants to know. */
  readonly moved: ((bytes: number) => void) | undefined;
  /** Whether a digest of the content is wanted, which costs nothing but time on its way through. */
  readonly digest: boolean;
  /** Whether the modes are those that a plan wants, and not the source's. */
  readonly planned: boolean;
}

/** Read once: to read it is to set it for a moment, for all threads. */
const umask = process.umask();

/** What a file counts for among the bytes in flight. */
export function weightOf({ sizeBytes }: Stat): number {
  return sizeBytes <= smallBytes ? sizeBytes : streamBytes;
}

/** Copies one file, and tells what was written. The source is read anew with each call, so that it may be called again. */
export async function copyFile(ends: Ends, file: FileToCopy, how: CopyHow): Promise<Written> {
  const { sizeBytes } = file.stat;
  if (await copyOnServer(ends, file, how)) return { sizeBytes, byServer: true };
  const passage = new Passage(how);
  const put = putOptions(ends, file, how);
  const written =
    (sizeBytes <= smallBytes ? await copySmall(ends, file, put, passage) : undefined) ??
    (await (file.mayBeItself || mayWantOneWire(ends) ? copySpooled : copyStream)(ends, file.path, put, passage));
  return { sizeBytes: written, sha256: passage.sha256 };
}

/** What is known of content because it comes through this process. */
class Passage {
  readonly #moved: ((bytes: number) => void) | undefined;
  readonly #hash: Hash | undefined;

  constructor({ moved, digest }: CopyHow) {
    this.#moved = moved;
    this.#hash = digest ? createHash("sha256") : undefined;
  }

  get sha256(): string | undefined {
    return this.#hash?.digest("hex");
  }

  take(bytes: Uint8Array): void {
    this.#hash?.update(bytes);
    this.#moved?.(bytes.length);
  }

  /** The same content; watched only where anybody wants to know. */
  through(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const [moved, hash] = [this.#moved, this.#hash];
    if (moved === undefined && hash === undefined) return content;
    const watched = this.#watched(content);
    if (moved !== undefined && hash === undefined) lendFor(watched, content, { passed: moved });
    return watched;
  }

  async *#watched(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      this.take(chunk);
      yield chunk;
    }
  }
}

/** Through memory; undefined where the file has become too large for that. */
async function copySmall(
  { source, target }: Ends,
  { path, stat }: FileToCopy,
  put: PutOptions,
  passage: Passage,
): Promise<number | undefined> {
  const { signal } = put;
  let content: Buffer;
  try {
    content = await source.getBytes(path, { expectedBytes: stat.sizeBytes, maxBytes: mostInMemory, signal });
  } catch (error) {
    if (isTransportError(error, "no-space")) return undefined;
    throw error;
  }
  const written = await target.put(path, content, put);
  passage.take(content);
  return written;
}

/** Whether both ends could want the one wire of a server that carries one thing at a time: then a file is read to its end before it is written. */
function mayWantOneWire({ source, target }: Ends): boolean {
  const [from, to] = [source.location, target.location];
  const exclusive = !source.capabilities.concurrent && !target.capabilities.concurrent;
  return exclusive && from.host === to.host && from.effectivePort === to.effectivePort;
}

async function copyStream({ source, target }: Ends, path: string, put: PutOptions, passage: Passage): Promise<number> {
  const { signal } = put;
  const content = (await splitContent(source, path, signal)) ?? (await source.get(path, { signal }));
  try {
    return await target.put(path, passage.through(content), put);
  } finally {
    if (content instanceof Readable) content.destroy();
  }
}

async function copySpooled({ source, target }: Ends, path: string, put: PutOptions, passage: Passage): Promise<number> {
  await using spooled = await readFirst(source, path, put.signal);
  return await target.put(path, passage.through(spooled.content), put);
}

/** Permission bits of a copy. */
export function modeOfCopy(mode: number | undefined, { mode: wanted = true }: Preserve): number | undefined {
  if (mode === undefined || wanted === false) return undefined;
  return wanted === "exact" ? mode : mode & 0o777 & ~umask;
}

function timeOfCopy(mtime: Date | undefined, capabilities: Capabilities): Date | undefined {
  return mtime === undefined ? undefined : nearestTime(mtime, capabilities);
}

function putOptions({ target }: Ends, { stat, isNew }: FileToCopy, { atomic, preserve, signal }: CopyHow): PutOptions {
  const { modes, specialModes, setsMtime } = target.capabilities;
  const mode = modes ? modeOfCopy(stat.mode, preserve) : undefined;
  return {
    mode: mode === undefined || specialModes ? mode : mode & 0o777,
    mtime: preserve.mtime === true && setsMtime ? timeOfCopy(stat.mtime, target.capabilities) : undefined,
    atomic,
    isNew,
    signal,
  };
}

/** Where nothing has to travel, nothing does. A small local file is copied faster by hand. */
async function copyOnServer(
  { source, target }: Ends,
  { path, stat }: FileToCopy,
  { seenFromSource, atomic, preserve, signal, moved, planned }: CopyHow,
): Promise<boolean> {
  if (seenFromSource === undefined) return false;
  const { serverCopy, concurrent, local, modes, setsMtime } = target.capabilities;
  // Where the source holds the one wire that the target needs, `copy` knows what to do.
  const helps = serverCopy ? atomic && (!local || stat.sizeBytes > smallBytes) : !concurrent;
  if (!helps) return false;
  const wanted = modes ? modeOfCopy(stat.mode, preserve) : undefined;
  // The server gives its copy all that the source has: nobody is to find it executable in the owner's name, not for a moment.
  if (modes && (preserve.mode === false || ((stat.mode ?? 0) & ~(wanted ?? 0)) > 0o777)) return false;
  await source.copy(path, seenFromSource(path), { signal });
  const mtime = preserve.mtime === true && setsMtime ? timeOfCopy(stat.mtime, target.capabilities) : undefined;
  const isRight = wanted === stat.mode && !planned && preserve.mode !== "exact";
  const mode = isRight ? undefined : wanted;
  if (mode !== undefined || mtime !== undefined) await target.setAttributes(path, { mode, mtime }, { signal });
  moved?.(stat.sizeBytes);
  return true;
}
