import type { TreeProgress } from "./tree-options.ts";

/** How often progress is told at most, in milliseconds. */
const tellEveryMs = 100;
/** The time that the rate is of, in milliseconds: long enough to be steady, short enough to follow. */
const rateOverMs = 5_000;

interface Reading {
  readonly atMs: number;
  readonly bytes: number;
}

/** Counts what is done and what is known to be there to do, and tells it now and then. */
export class ProgressMeter {
  readonly #tell: ((progress: TreeProgress) => void) | undefined;
  readonly #readings: Reading[] = [{ atMs: performance.now(), bytes: 0 }];
  #toldMs = -Infinity;
  files = 0;
  filesKnown = 0;
  bytesKnown = 0;
  failures = 0;
  listed = false;
  #bytes = 0;

  constructor(tell: ((progress: TreeProgress) => void) | undefined) {
    this.#tell = tell;
  }

  /** Whether anybody wants to know: counting the parts of a file costs something. */
  get watched(): boolean {
    return this.#tell !== undefined;
  }

  know(files: number, bytes: number): void {
    this.filesKnown += files;
    this.bytesKnown += bytes;
    this.#maybeTell();
  }

  /** Bytes that have arrived; less than 0 for what has to be done again. */
  moved(bytes: number): void {
    this.#bytes += bytes;
    this.#maybeTell();
  }

  fileDone(): void {
    this.files++;
    this.#maybeTell();
  }

  end(): void {
    this.listed = true;
    this.#tell?.(this.#progress(performance.now()));
  }

  #maybeTell(): void {
    if (this.#tell === undefined) return;
    const now = performance.now();
    if (now - this.#toldMs < tellEveryMs) return;
    this.#toldMs = now;
    this.#tell(this.#progress(now));
  }

  #progress(now: number): TreeProgress {
    this.#readings.push({ atMs: now, bytes: this.#bytes });
    while (this.#readings.length > 2 && now - (this.#readings[0] as Reading).atMs > rateOverMs) this.#readings.shift();
    const first = this.#readings[0] as Reading;
    const bytesPerSecond = now > first.atMs ? ((this.#bytes - first.bytes) / (now - first.atMs)) * 1_000 : 0;
    const left = Math.max(0, this.bytesKnown - this.#bytes);
    const { files, filesKnown, bytesKnown, listed, failures } = this;
    return {
      files,
      bytes: this.#bytes,
      filesKnown,
      bytesKnown,
      listed,
      bytesPerSecond: Math.round(bytesPerSecond),
      remainingMs: listed && bytesPerSecond > 0 ? Math.round((left / bytesPerSecond) * 1_000) : undefined,
      failures,
    };
  }
}
