import type { Clock, Timer } from "../connection/clock.ts";

interface DripEnds {
  fell(byte: Buffer): void;
  ended(): void;
}

/** Lets through everything at once, or, while it drips, a single byte each interval: a network that is all but dead, and never silent. */
export class Drip {
  readonly #clock: Clock;
  readonly #ends: DripEnds;
  #waiting: Buffer[] = [];
  #bytesWaiting = 0;
  #hasEnd = false;
  #timer: Timer | undefined;

  constructor(clock: Clock, ends: DripEnds) {
    this.#clock = clock;
    this.#ends = ends;
  }

  get bytesWaiting(): number {
    return this.#bytesWaiting;
  }

  send(chunk: Buffer): void {
    if (this.#timer === undefined) return this.#ends.fell(chunk);
    this.#waiting.push(chunk);
    this.#bytesWaiting += chunk.length;
  }

  /** Sends the end after everything that was sent before it. */
  end(): void {
    if (this.#bytesWaiting === 0) this.#ends.ended();
    else this.#hasEnd = true;
  }

  /** One byte each `everyMs` milliseconds from now on; 0: everything, what waits first. */
  every(everyMs: number): void {
    this.#timer?.cancel();
    this.#timer = everyMs > 0 ? this.#clock.interval(everyMs, () => this.#fall(1)) : undefined;
    if (everyMs === 0) this.#fall(Infinity);
  }

  /** Drops what waits, and drips no more. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiting = [];
    this.#bytesWaiting = 0;
    this.#hasEnd = false;
  }

  #fall(bytes: number): void {
    for (let left = bytes, next = this.#waiting[0]; left > 0 && next !== undefined; next = this.#waiting[0]) {
      const fallen = next.subarray(0, left);
      left -= fallen.length;
      this.#bytesWaiting -= fallen.length;
      if (fallen.length === next.length) this.#waiting.shift();
      else this.#waiting[0] = next.subarray(fallen.length);
      this.#ends.fell(fallen);
    }
    if (!this.#hasEnd || this.#bytesWaiting > 0) return;
    this.#hasEnd = false;
    this.#ends.ended();
  }
}
