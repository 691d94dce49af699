import { once } from "node:events";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";

import { resetSocket } from "../../drivers/socket.ts";
import { FtpRefusal } from "./ftp-replies.ts";
import type { FtpTls } from "./ftp-tls.ts";

/** Where a data connection is cut in the middle, for tests. */
export interface FtpCut {
  /** Bytes of data that are still passed on, of this command's. What is shorter than that is not cut. */
  readonly cutAfterBytes: number;
  /** By a reset, closed in good order as if that were all, or left open in silence. Default `"reset"`. */
  readonly ending?: "reset" | "close" | "silence";
  /** What is said on the control connection then; nothing if empty. Default a 426. */
  readonly reply?: string;
}

/** How long a client that got everything may take to close its side. */
const lingerMs = 5000;

/** One data connection, from its first byte to its last. */
export class FtpDataConnection {
  readonly #raw: Socket;
  #stream: Socket;
  #aborted = false;

  constructor(raw: Socket) {
    this.#raw = raw;
    this.#stream = raw;
    // What breaks the connection is seen by the transfer that waits for it.
    raw.on("error", () => raw.destroy());
  }

  /** Whether the transfer was given up from this side. */
  get aborted(): boolean {
    return this.#aborted;
  }

  /** Goes on under TLS; true where the session was one of the control connection's. Rejects where the handshake fails. */
  async secure(tls: FtpTls): Promise<boolean> {
    const stream = await tls.secure(this.#raw);
    stream.on("error", () => stream.destroy());
    this.#stream = stream;
    return stream.isSessionReused();
  }

  /** Sends everything, no faster than the client takes it, and closes. Rejects where the client does not take it all. */
  async send(chunks: Iterable<Uint8Array>, cut?: FtpCut): Promise<void> {
    const stream = this.#stream;
    let left = cut?.cutAfterBytes ?? Infinity;
    const parts = async function* (end: () => Promise<void>): AsyncGenerator<Uint8Array> {
      for (const chunk of chunks) {
        yield chunk.subarray(0, left);
        left -= chunk.length;
        if (left < 0) return await end();
      }
    };
    try {
      await pipeline(
        parts(async () => await this.#end(cut)),
        stream,
      );
    } catch (error) {
      if (cut === undefined || left >= 0) throw error;
    }
    if (cut !== undefined && left < 0) throw cutRefusal(cut);
    this.end();
  }

  /** Takes everything in, until the client closes. Rejects where the connection breaks instead, and where `take` throws. */
  async receive(take: (chunk: Buffer) => void, cut?: FtpCut): Promise<void> {
    const stream = this.#stream;
    let left = cut?.cutAfterBytes ?? Infinity;
    await new Promise<void>((resolve, reject) => {
      stream.on("end", resolve).on("close", () => reject(new Error("the data connection broke")));
      stream.on("data", (chunk: Buffer) => {
        try {
          take(chunk.subarray(0, Math.max(0, left)));
          left -= chunk.length;
          if (left >= 0) return;
          resolve();
        } catch (error) {
          reject(error as Error);
        }
        stream.pause();
      });
    });
    if (cut !== undefined && left < 0) {
      await this.#end(cut);
      throw cutRefusal(cut);
    }
    this.end();
  }

  /** Says no more, and closes when the client has seen everything. */
  end(): void {
    this.#stream.end();
    this.#stream.resume().setTimeout(lingerMs, () => this.#raw.destroy());
  }

  /** Gives the connection up. */
  abort(): void {
    this.#aborted = true;
    this.#raw.destroy();
  }

  /** Resets the connection, as a network does. */
  sever(): void {
    this.#aborted = true;
    resetSocket(this.#raw);
  }

  async #end(cut: FtpCut | undefined): Promise<void> {
    const ending = cut?.ending ?? "reset";
    if (ending === "close") return void this.#stream.end();
    await new Promise<void>((resolve) => void this.#stream.write("", () => resolve()));
    if (ending === "reset") resetSocket(this.#raw);
    if (!this.#raw.closed) await once(this.#raw, "close");
  }
}

function cutRefusal({ reply = "426 The data connection was cut." }: FtpCut): FtpRefusal {
  return new FtpRefusal(reply);
}
