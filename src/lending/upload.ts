import { notAFrame } from "./frame.ts";

/** Pieces that are shorter are put together while nobody takes them: by itself each would take more room than what is in it. */
const smallBytes = 4 * 1024;

/** Content that a borrower sends, as far as it was told to: what nobody has asked for yet is not sent. */
export class Upload implements AsyncIterable<Uint8Array> {
  readonly #windowBytes: number;
  readonly #grant: (bytes: number) => void;
  readonly #chunks: Buffer[] = [];
  #granted = 0;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** `windowBytes`: what may be on its way; `grant` tells the borrower of so many bytes more. */
  constructor(windowBytes: number, grant: (bytes: number) => void) {
    this.#windowBytes = windowBytes;
    this.#grant = grant;
  }

  /** Content arrives; more than was asked for is a mistake that ends the channel. */
  give(bytes: Buffer): void {
    if (bytes.length > this.#granted || this.#ended) throw notAFrame("nobody asked for its content");
    this.#granted -= bytes.length;
    if (this.#failure === undefined) this.#keep(bytes);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Whoever reads is told, and nothing that arrives is kept. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#chunks.length = 0;
    this.#wake?.();
  }

  /** What has become of so many bytes is settled: as many may come. */
  settle(bytes: number): void {
    this.#granted += bytes;
    this.#grant(bytes);
  }

  /** So many bytes may come before any is settled. Not told to the borrower. */
  begin(): number {
    this.#granted += this.#windowBytes;
    return this.#windowBytes;
  }

  /** The next chunk, or undefined at the end. */
  async take(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const chunk = this.#chunks.shift();
      if (chunk !== undefined || this.#ended) return chunk;
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  #keep(bytes: Buffer): void {
    const last = this.#chunks.at(-1);
    if (bytes.length >= smallBytes) this.#chunks.push(bytes);
    else if (last === undefined || last.length >= smallBytes) this.#chunks.push(Buffer.from(bytes));
    else this.#chunks[this.#chunks.length - 1] = Buffer.concat([last, bytes]);
  }

  /** The content for one who reads it once. Nothing is sent before the first look. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    this.#grant(this.begin());
    for (let chunk = await this.take(); chunk !== undefined; chunk = await this.take()) {
      yield chunk;
      this.settle(chunk.length);
    }
  }
}
