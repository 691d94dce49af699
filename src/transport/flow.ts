/** What may be in flight at a time. The number adapts to the round trip below its bound. */
export interface FlowLimits {
  /** Files, links and directories. Default 256. */
  readonly maxFiles?: number | undefined;
  /** Bytes held in memory or asked for ahead. Default 32 MiB. */
  readonly maxBytes?: number | undefined;
}

const defaultMaxFiles = 256;
const defaultMaxBytes = 32 * 1024 * 1024;
/** In flight before anything has been measured: enough for any server that is near. */
const firstWindow = 64;
const leastWindow = 16;
/** How many of those in flight may be waiting at the server, rather than under way, before there is nothing to gain from more. */
const fewQueued = 32;
const manyQueued = 96;

interface Waiting {
  readonly bytes: number;
  readonly start: () => void;
}

/**
 * How much is in flight at a time: by bytes, and by a number that follows the round trip. An answer that takes no longer than the quickest one did was not
 * waiting behind others, so that more of them can be under way; one that takes much longer was. (TCP Vegas finds its window so:
 * Brakmo and Peterson, 1995.)
 */
export class Flow {
  readonly #maxFiles: number;
  readonly #maxBytes: number;
  readonly #waiting: Waiting[] = [];
  #window: number;
  #running = 0;
  #bytes = 0;
  #quickestMs = Infinity;
  #next = 0;

  constructor({ maxFiles = defaultMaxFiles, maxBytes = defaultMaxBytes }: FlowLimits = {}) {
    this.#maxFiles = Math.max(1, maxFiles);
    this.#maxBytes = maxBytes;
    this.#window = Math.min(firstWindow, this.#maxFiles);
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  /** Starts work when there is room for it, in the order of the calls. Work on small files tells by its time how far away the server is. */
  async run<T>(bytes: number, small: boolean, work: () => Promise<T>): Promise<T> {
    if (this.waiting > 0 || !this.#fits(bytes))
      await new Promise<void>((start) => this.#waiting.push({ bytes, start }));
    else this.#take(bytes);
    const began = performance.now();
    try {
      const result = await work();
      if (small) this.#learn(performance.now() - began);
      return result;
    } finally {
      this.#running--;
      this.#bytes -= bytes;
      this.#advance();
    }
  }

  /** Something larger than all that is allowed goes alone. */
  #fits(bytes: number): boolean {
    return this.#running === 0 || (this.#running < this.#window && this.#bytes + bytes <= this.#maxBytes);
  }

  #take(bytes: number): void {
    this.#running++;
    this.#bytes += bytes;
  }

  #advance(): void {
    for (let next = this.#waiting[this.#next]; next !== undefined && this.#fits(next.bytes);) {
      this.#take(next.bytes);
      next.start();
      next = this.#waiting[++this.#next];
    }
    // Moved up seldom: each time it costs as much as there are.
    if (this.#next > 1_024 || this.#next === this.#waiting.length) {
      this.#waiting.splice(0, this.#next);
      this.#next = 0;
    }
  }

  #learn(tookMs: number): void {
    this.#quickestMs = Math.min(this.#quickestMs, tookMs);
    const queued = this.#window * (1 - this.#quickestMs / tookMs);
    if (queued < fewQueued) this.#window = Math.min(this.#window + 2, this.#maxFiles);
    else if (queued > manyQueued) this.#window = Math.max(this.#window - 1, Math.min(leastWindow, this.#maxFiles));
  }
}
