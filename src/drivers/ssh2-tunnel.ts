import { Duplex } from "node:stream";

import type { ClientChannel } from "ssh2";

import type { SshSocket } from "./ssh2-socket.ts";

/**
 * A TCP connection through an SSH session, in the shape of a socket. While it is referenced, as a new one is, it keeps the process alive by
 * holding the session that it goes through.
 */
export class SshTunnel extends Duplex implements SshSocket {
  readonly #channel: ClientChannel;
  readonly #hold: (held: boolean) => void;
  bytesRead = 0;
  bytesWritten = 0;

  constructor(channel: ClientChannel, hold: (held: boolean) => void) {
    super();
    this.#channel = channel;
    this.#hold = hold;
    channel.on("data", (chunk: Buffer) => {
      this.bytesRead += chunk.length;
      if (!this.push(chunk)) channel.pause();
    });
    channel.on("end", () => this.push(null));
    channel.on("error", (error: Error) => this.destroy(error));
    channel.on("close", () => this.destroy());
    hold(true);
  }

  ref(): this {
    if (!this.destroyed) this.#hold(true);
    return this;
  }

  unref(): this {
    this.#hold(false);
    return this;
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.bytesWritten += chunk.length;
    this.#channel.write(chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#channel.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#hold(false);
    this.#channel.destroy();
    callback(error);
  }
}
