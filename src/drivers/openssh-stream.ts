import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/**
 * A process's stdin and stdout as one stream. That the process ends is not told here: it ends when it is destroyed, by whoever knows why.
 */
export class ProcessStream extends Duplex {
  readonly #stdin: Socket;
  readonly #stdout: Socket;

  constructor(stdin: Socket, stdout: Socket) {
    super();
    this.#stdin = stdin;
    this.#stdout = stdout;
    stdout.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) stdout.pause();
    });
  }

  override _read(): void {
    this.#stdout.resume();
  }

  /** What a process no longer reads is of no use to know: why it ended is, and that is about to be told. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#stdin.write(chunk, () => callback());
  }

  override _final(callback: () => void): void {
    this.#stdin.end(() => callback());
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stdin.destroy();
    this.#stdout.destroy();
    callback(error);
  }
}
