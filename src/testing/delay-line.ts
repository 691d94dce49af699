interface DelayLineEnds {
  arrived(chunk: Buffer): void;
  ended(): void;
}

/** What is on its way: a chunk, or the end after the last one. */
interface Underway {
  readonly chunk: Buffer | undefined;
  readonly due: number;
}

/**
 * Holds each chunk back for a time, in order: a delay, not a slow-down. Any number are on their way at once, so that what is pipelined
 * stays pipelined. What is on its way is bounded by whoever feeds it.
 */
export class DelayLine {
  readonly #ends: DelayLineEnds;
  #underway: Underway[] = [];
  #bytesUnderway = 0;
  #held = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(ends: DelayLineEnds) {
    this.#ends = ends;
  }

  get bytesUnderway(): number {
    return this.#bytesUnderway;
  }

  send(chunk: Buffer, delayMs: number): void {
    this.#bytesUnderway += chunk.length;
    this.#enter(chunk, delayMs);
  }

  /** Sends the end after everything that was sent before it. */
  end(delayMs: number): void {
    this.#enter(undefined, delayMs);
  }

  /** While on, nothing arrives; time passes all the same. */
  hold(on: boolean): void {
    this.#held = on;
    this.#deliver();
  }

  /** Drops what is on its way. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#underway = [];
    this.#bytesUnderway = 0;
  }

  #enter(chunk: Buffer | undefined, delayMs: number): void {
    this.#underway.push({ chunk, due: performance.now() + delayMs });
    if (this.#timer === undefined) this.#deliver();
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#held) return;
    const now = performance.now();
    const waiting = this.#underway.findIndex(({ due }) => due > now);
    const due = this.#underway.splice(0, waiting === -1 ? this.#underway.length : waiting);
    for (const { chunk } of due) {
      this.#bytesUnderway = Math.max(0, this.#bytesUnderway - (chunk?.length ?? 0)); // It is 0 where an arrival cleared the line.
      if (chunk === undefined) this.#ends.ended();
      else this.#ends.arrived(chunk);
    }
    const [next] = this.#underway;
    if (next === undefined) return;
    // Timers count in whole milliseconds: one that fires early sets another, one that fires late would lengthen the delay.
    const dueInMs = Math.max(0, Math.floor(next.due - performance.now()));
    this.#timer ??= setTimeout(() => this.#deliver(), dueInMs);
  }
}
