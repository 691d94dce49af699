import { whenAborted } from "../../connection/abort.ts";
import { TransportError, toTransportError } from "../../errors/transport-error.ts";
import type { LentChunk } from "../../transport/lent-chunks.ts";
import { borrowChunks } from "../../transport/lent-chunks.ts";
import type { ByteSource } from "../../transport/verb-options.ts";
import { chunksOf } from "../../transport/verbs/source.ts";
import type { OpenFile } from "./open-file.ts";
import { extension } from "./protocol/messages.ts";
import { hasStatus, status } from "./protocol/status.ts";

/** Writes in flight, 255 KiB each: as much as the 2 MiB that OpenSSH's window takes. Measured: more is not faster. */
const inFlight = 8;
/** Where a server's limit is low, more of them make up for it. */
const smallInFlight = 64;

/** Writes that one read of a local file gives: a turn in the thread pool costs as much as a write. */
const lentWrites = 4;

/** Writes a file from front to back with several requests in flight. */
export class WriteBehind {
  readonly #file: OpenFile;
  readonly #path: string;
  readonly #pending = new Set<Promise<void>>();
  readonly #spare: Buffer[] = [];
  #position: number;
  #failure: TransportError | undefined;

  /** `path` is where to look for space when the server says that a write failed. */
  constructor(file: OpenFile, path: string, position: number) {
    this.#file = file;
    this.#path = path;
    this.#position = position;
  }

  /** Sends all of a source, and resolves with its length once it has all been sent. The first failure ends it, and the source. */
  async send(source: ByteSource, signal: AbortSignal | undefined): Promise<number> {
    const from = this.#position;
    if (source instanceof Uint8Array) await this.#sendBytes(source, signal);
    else if (typeof source === "string") await this.#sendBytes(Buffer.from(source, "utf8"), signal);
    else {
      const lent = borrowChunks(source, lentWrites * this.#file.session.writeBytes);
      await (lent === undefined ? this.#sendChunks(chunksOf(source), signal) : this.#sendLent(lent, signal));
    }
    return this.#position - from;
  }

  /** Sends bytes, which must not change until `settled`. */
  async #sendBytes(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const { writeBytes } = this.#file.session;
    for (let at = 0; at < bytes.length; at += writeBytes) {
      this.#write(bytes.subarray(at, at + writeBytes));
      if (at + writeBytes < bytes.length) await this.#room();
      throwIfAborted(signal);
    }
  }

  /** Resolves once everything that was sent is written; rejects where some of it is not. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
    if (this.#failure !== undefined) throw await this.#explained(this.#failure);
  }

  /** Chunks are gathered in buffers of our own: a source may use its own again, and small ones would cost a request each. */
  async #sendChunks(source: AsyncGenerator<Uint8Array>, signal: AbortSignal | undefined): Promise<void> {
    const stopper = new Stopper(signal);
    try {
      let filling = this.#buffer();
      let filled = 0;
      for (let step = await stopper.or(source.next()); !step.done; step = await stopper.or(source.next())) {
        const chunk = step.value;
        for (let at = 0; at < chunk.length;) {
          const length = Math.min(chunk.length - at, filling.length - filled);
          filling.set(chunk.subarray(at, at + length), filled);
          at += length;
          filled += length;
          if (filled < filling.length) continue;
          const full = filling;
          this.#write(full, () => void this.#spare.push(full));
          await stopper.or(this.#room());
          filling = this.#buffer();
          filled = 0;
        }
      }
      if (filled > 0) this.#write(filling.subarray(0, filled));
    } catch (error) {
      // A source that is waiting for its next chunk ends when it has it: nobody waits for that, or cares how it ends.
      source.return(undefined).catch(() => undefined);
      throw error;
    } finally {
      stopper.leave();
    }
  }

  /** Chunks that are ours until we give them back are sent from where they are. */
  async #sendLent(source: AsyncGenerator<LentChunk, void>, signal: AbortSignal | undefined): Promise<void> {
    const { writeBytes } = this.#file.session;
    const stopper = new Stopper(signal);
    try {
      for (let step = await stopper.or(source.next()); !step.done; step = await stopper.or(source.next())) {
        const { bytes, giveBack } = step.value;
        for (let at = 0; at < bytes.length; at += writeBytes) {
          const end = at + writeBytes;
          this.#write(bytes.subarray(at, end), end < bytes.length ? undefined : giveBack);
          await stopper.or(this.#room());
        }
      }
    } catch (error) {
      source.return(undefined).catch(() => undefined);
      throw error;
    } finally {
      stopper.leave();
    }
  }

  #buffer(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#file.session.writeBytes);
  }

  /** `taken` is called when the server has it. */
  #write(data: Uint8Array, taken?: () => void): void {
    const { session, handle, lease } = this.#file;
    const written = lease.awaiting(session.write(handle, this.#position, data)).then(
      () => {
        this.#pending.delete(written);
        taken?.();
      },
      (error: unknown) => {
        this.#pending.delete(written);
        this.#failure ??= toTransportError(error);
      },
    );
    this.#position += data.length;
    this.#pending.add(written);
  }

  /** Resolves once one more write may be in flight. */
  async #room(): Promise<void> {
    const most = this.#file.session.writeBytes * inFlight < 1024 * 1024 ? smallInFlight : inFlight;
    while (this.#pending.size >= most) await Promise.race(this.#pending);
    if (this.#failure !== undefined) throw await this.#explained(this.#failure);
  }

  /** "Failure" is all that OpenSSH says of a full disk. */
  async #explained(failure: TransportError): Promise<TransportError> {
    const { session, lease } = this.#file;
    if (!hasStatus(failure, status.failure) || !session.extensions.has(extension.statvfs)) return failure;
    const available = await lease.awaiting(session.availableBytes(this.#path)).catch(() => undefined);
    if (available === undefined || available > session.writeBytes) return failure;
    return new TransportError("no-space", "the server's disk is full", { cause: failure });
  }
}

/** Gives up waiting when a signal is aborted. It keeps hold of the last wait alone, so that a source may have any number of chunks. */
class Stopper {
  readonly #signal: AbortSignal | undefined;
  readonly #stopListening: () => void;
  #stop: ((reason: TransportError) => void) | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    this.#stopListening = whenAborted(signal, () => this.#stop?.(aborted(signal)));
  }

  or<T>(awaited: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#stop = reject;
      awaited.then(resolve, reject);
      if (this.#signal?.aborted) reject(aborted(this.#signal));
    });
  }

  leave(): void {
    this.#stopListening();
  }
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal);
}

function aborted(signal: AbortSignal | undefined): TransportError {
  return new TransportError("aborted", "the operation was aborted", { cause: signal?.reason });
}
