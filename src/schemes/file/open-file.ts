import type { Stats } from "node:fs";
import * as fs from "node:fs";
import { constants } from "node:fs";

import { TransportError } from "../../errors/transport-error.ts";
import { translateFileError } from "./file-errors.ts";

// Opening a named pipe otherwise waits for its other end, in one of Node's four threads, for as long as it takes. Windows has no such flag.
const withoutWaiting = constants.O_NONBLOCK ?? 0;

/**
 * An open file of the local disk. Each method is one turn in Node's thread pool, where a small file's time goes: `node:fs` with callbacks does it
 * in two thirds of the time that its `FileHandle` takes. Failures are `TransportError`s.
 */
export class OpenFile {
  readonly #descriptor: number;
  #running = 0;
  #closing: Promise<void> | undefined;
  #whenIdle: (() => void) | undefined;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Opens what is there, or is made by the flags. What it is, is not looked at: see `requireContent`. */
  static open(path: string, flags: number, mode?: number): Promise<OpenFile> {
    return new Promise((resolve, reject) => {
      fs.open(path, flags | withoutWaiting, mode, (error, descriptor) => {
        if (error === null) resolve(new OpenFile(descriptor));
        else reject(translateFileError(error) as Error);
      });
    });
  }

  /** Fills a buffer from its beginning with what is at a position; answers with how many bytes came: a single read may give less than there is. */
  read(buffer: Buffer, filled: number, position: number): Promise<number> {
    return this.#run((done) => fs.read(this.#descriptor, buffer, filled, buffer.length - filled, position, done));
  }

  /** Writes all of some chunks one behind the other, at a position, or at the end where that is null. */
  async write(chunks: readonly Uint8Array[], position: number | null): Promise<void> {
    let left = chunks;
    for (let at = position; left.length > 0;) {
      const now = left;
      const written = await this.#run<number>((done) => this.#writeOnce(now, at, done));
      left = behind(now, written);
      if (at !== null) at += written;
    }
  }

  stat(): Promise<Stats> {
    return this.#run((done) => fs.fstat(this.#descriptor, done));
  }

  chmod(mode: number): Promise<void> {
    return this.#run((done) => fs.fchmod(this.#descriptor, mode, done));
  }

  setTimes(atime: Date, mtime: Date): Promise<void> {
    return this.#run((done) => fs.futimes(this.#descriptor, atime, mtime, done));
  }

  sync(): Promise<void> {
    return this.#run((done) => fs.fsync(this.#descriptor, done));
  }

  /** Closes it, once, when nothing runs on it any more: by then its number may be that of another file. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  #writeOnce(chunks: readonly Uint8Array[], position: number | null, done: Done<number>): void {
    const [only] = chunks;
    if (chunks.length === 1 && only !== undefined) fs.write(this.#descriptor, only, 0, only.length, position, done);
    else if (position === null) fs.writev(this.#descriptor, chunks, done);
    else fs.writev(this.#descriptor, chunks, position, done);
  }

  async #close(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    await settled<void>((done) => fs.close(this.#descriptor, done));
  }

  async #run<T>(work: (done: Done<T>) => void): Promise<T> {
    if (this.#closing !== undefined) throw new TransportError("closed", "the file was closed");
    this.#running++;
    try {
      return await settled(work);
    } finally {
      if (--this.#running === 0) this.#whenIdle?.();
    }
  }
}

/** How `node:fs` says what became of a call. */
type Done<T> = (error: Error | null, value?: T) => void;

function settled<T>(work: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    work((error, value) => {
      if (error === null) resolve(value as T);
      else reject(translateFileError(error) as Error);
    });
  });
}

/** Refuses what has no content of its own. Devices are let through: they were asked for by name. */
export function requireContent(stats: Stats): void {
  if (stats.isDirectory()) throw new TransportError("is-a-directory", "it is a directory");
  if (stats.isFIFO() || stats.isSocket()) throw new TransportError("unsupported", "a pipe or a socket is no file");
}

/** What of some chunks is behind their first bytes. */
function behind(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  for (const [index, chunk] of chunks.entries()) {
    if (left < chunk.length) return [chunk.subarray(left), ...chunks.slice(index + 1)];
    left -= chunk.length;
  }
  return [];
}
