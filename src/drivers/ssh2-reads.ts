import type { OnReadOpts, Socket } from "node:net";
import type { Readable } from "node:stream";

/** What is shorter is copied: it costs little, and an exchange of keys fits in. */
const leastBytes = 16 * 1024;
/** At first: enough for a login and for small files. */
const smallBytes = 64 * 1024;
/** Once a read has filled that. Measured: larger is not faster. */
const largeBytes = 256 * 1024;

/**
 * Where the bytes that arrive on a socket are put. Node allocates 64 KiB for each read, and collecting that garbage is a quarter of what a large get
 * costs; here two buffers take turns.
 *
 * ssh2 deciphers in place what it is given, and may hold on to the last packet until its end has come, or, where that begins an exchange of keys, until that
 * is over. So a large read is left alone until another large one has been worked off; what comes in small pieces is copied, and so is what somebody may keep.
 */
export class SshReads {
  readonly #channels = new Set<Readable>();
  #kept = false;
  #reading: Buffer = Buffer.allocUnsafeSlow(smallBytes);
  /** What was read into before. */
  #resting: Buffer | undefined;

  /** For the socket that is about to be made. */
  into(socket: () => Socket): OnReadOpts {
    return { buffer: () => this.#reading, callback: (length) => this.#take(socket(), length) };
  }

  /** The bytes of this channel are worked off as they arrive: their place may be used again. */
  passThrough(channel: Readable): void {
    this.#channels.add(channel);
    channel.once("close", () => this.#channels.delete(channel));
  }

  /** Something else may keep its bytes for later: nothing is used again from now on. */
  keep(): void {
    this.#kept = true;
  }

  /** Answers whether more may come. */
  #take(socket: Socket, length: number): boolean {
    const bytes = this.#reading.subarray(0, length);
    const mayReuse = length >= leastBytes && !this.#kept && this.#channels.size > 0;
    if (!mayReuse) return socket.push(Buffer.from(bytes));
    const more = socket.push(bytes);
    const next = this.#resting;
    this.#resting = this.#reading.length === largeBytes && !this.#isHeld(socket) ? this.#reading : undefined;
    this.#reading = next ?? Buffer.allocUnsafeSlow(largeBytes);
    return more;
  }

  /** Whether some of what was given has not been taken at once. */
  #isHeld(socket: Socket): boolean {
    if (socket.readableLength > 0) return true;
    for (const { readableLength } of this.#channels) if (readableLength > 0) return true;
    return false;
  }
}
