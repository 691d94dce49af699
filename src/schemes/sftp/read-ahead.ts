import { TransportError } from "../../errors/transport-error.ts";
import type { LentChunk } from "../../transport/lent-chunks.ts";
import type { OpenFile } from "./open-file.ts";
import { passOver } from "./open-file.ts";
import type { ReadShare } from "./read-share.ts";
import { typeOf } from "./sftp-stat.ts";

/** Bytes asked for ahead of the reader: more than any usual path holds, so that the network is never idle. Measured: more is not faster. */
const aheadBytes = 4 * 1024 * 1024;
/** Reads in flight at most: OpenSSH answers them one after another, 255 KiB each. */
const aheadReads = 16;
/** Where a server's limit is low, more of them make up for it. */
const aheadSmallReads = 64;

export interface ReadRange {
  readonly offset: number;
  /** To the end of the file where undefined. */
  readonly length: number | undefined;
}

/** One read that was sent. */
interface Slot {
  readonly position: number;
  readonly asked: number;
  readonly bytes: Promise<Buffer>;
}

/**
 * Reads a file from front to back with several requests in flight. The first goes out together with the question how large the file is, so that a
 * small file costs one round trip, and no request is spent to learn that it has ended.
 */
export class ReadAhead {
  readonly #file: OpenFile;
  readonly #share: ReadShare | undefined;
  readonly #sizing: Promise<void>;
  readonly #queue: Slot[] = [];
  #asked: number;
  #given: number;
  #end: number;
  /** Whether the length is known. Of what is no regular file, and of files that the kernel makes up, it is not. */
  #sized = false;
  #ended = false;
  #target: { readonly buffer: Buffer; readonly from: number } | undefined;
  /** What was lent and has come back. */
  readonly #spare: Buffer[] = [];
  /** What the reader was given last, and has until it asks for more. */
  #shown = 0;

  /** What waits for a slow reader is bounded by `share`; who reads all at once needs none. */
  constructor(file: OpenFile, { offset, length }: ReadRange, share?: ReadShare) {
    this.#file = file;
    this.#share = share;
    this.#asked = this.#given = offset;
    this.#end = length === undefined ? Infinity : offset + length;
    this.#sizing = this.#learnSize();
    this.#sizing.catch(passOver); // Told by `next`.
    this.#ask();
  }

  /** Whether everything has been given. */
  get ended(): boolean {
    return this.#ended || this.#given >= this.#end;
  }

  /** Bytes still to be given; undefined where that cannot be known. */
  async left(): Promise<number | undefined> {
    await this.#sizing;
    return this.#sized ? Math.max(0, this.#end - this.#given) : undefined;
  }

  /** Has what is asked for from now on put into a buffer that holds all that is left. */
  readInto(buffer: Buffer): void {
    this.#target = { buffer, from: this.#given };
  }

  /** The next bytes; undefined where the file ends. */
  async next(): Promise<Buffer | undefined> {
    const chunk = await this.#next();
    this.#shown = chunk?.slot.asked ?? 0;
    return chunk?.bytes;
  }

  /** The next bytes on loan; undefined where the file ends. */
  async lend(): Promise<LentChunk | undefined> {
    const chunk = await this.#next();
    if (chunk === undefined) return undefined;
    const { bytes, slot } = chunk;
    const giveBack = (): void => {
      this.#share?.give(slot.asked);
      if (bytes.length === this.#file.session.readBytes) this.#spare.push(bytes);
    };
    return { bytes, giveBack };
  }

  async #next(): Promise<{ readonly bytes: Buffer; readonly slot: Slot } | undefined> {
    await this.#sizing;
    this.#share?.give(this.#shown);
    this.#shown = 0;
    if (this.ended) return undefined;
    this.#fill();
    const slot = this.#queue.shift();
    if (slot === undefined) return undefined;
    const bytes = await slot.bytes;
    this.#given = slot.position + bytes.length;
    // Shorter than it should be: the file was cut while it was read, or its length was not known. What was asked for beyond this is not there.
    if (bytes.length < Math.min(slot.asked, this.#end - slot.position) || bytes.length === 0) this.#ended = true;
    return bytes.length === 0 ? undefined : { bytes, slot };
  }

  async #learnSize(): Promise<void> {
    const { session, handle, lease } = this.#file;
    const attributes = await lease.awaiting(session.fstat(handle));
    const type = typeOf(attributes);
    if (type === "directory") throw new TransportError("is-a-directory", "it is a directory");
    const { size = 0 } = attributes;
    if (type !== "file" || size === 0) return;
    this.#sized = true;
    this.#end = Math.min(this.#end, size);
  }

  #fill(): void {
    const { readBytes } = this.#file.session;
    const most = this.#sized ? (readBytes * aheadReads < aheadBytes / 2 ? aheadSmallReads : aheadReads) : 1;
    // Several at once: each packet is a system call here, and a turn of two processes on the server.
    if (this.#queue.length > most - most / 4) return;
    while (this.#queue.length < most && this.#asked < this.#end && this.#asked - this.#given < aheadBytes)
      if (!this.#ask()) return;
  }

  /** Whether it could. */
  #ask(): boolean {
    const { readBytes } = this.#file.session;
    const asked = Math.min(this.#share?.next(readBytes) ?? readBytes, this.#end - this.#asked);
    if (asked <= 0) return false;
    this.#share?.take(asked);
    const position = this.#asked;
    this.#asked += asked;
    const bytes = this.#read(position, asked);
    bytes.catch(passOver); // Told by `next`, in its turn.
    this.#queue.push({ position, asked, bytes });
    return true;
  }

  /** A place for what is asked for; its length alone where a new one is to be made. */
  #placeFor(position: number, length: number): Buffer | number {
    if (this.#target !== undefined) {
      const at = position - this.#target.from;
      return this.#target.buffer.subarray(at, at + length);
    }
    return (length === this.#file.session.readBytes ? this.#spare.pop() : undefined) ?? length;
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const { session, handle, lease } = this.#file;
    const first = await lease.awaiting(session.read(handle, position, this.#placeFor(position, length)));
    if (first === undefined || first.length === length) return first ?? Buffer.alloc(0);
    await this.#sizing;
    return await readRest(this.#file, first, position, this.#sized ? Math.min(length, this.#end - position) : length);
  }
}

/** A server may answer a read with less than was asked for, anywhere in the file: the rest is asked for again, until it says that the file ends. */
export async function readRest(
  { session, handle, lease }: OpenFile,
  first: Buffer,
  position: number,
  length: number,
): Promise<Buffer> {
  const parts = [first];
  let got = first.length;
  while (got < length) {
    const part = await lease.awaiting(session.read(handle, position + got, Math.min(session.readBytes, length - got)));
    if (part === undefined) break;
    parts.push(part);
    got += part.length;
  }
  return parts.length === 1 ? first : Buffer.concat(parts, got);
}
