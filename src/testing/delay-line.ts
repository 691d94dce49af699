/**
 * Holds chunks back for a time each, in order: a delay, not a slow-down. Any number are on their way at once, so that what is pipelined
 * stays pipelined. What is on its way is bounded by whoever feeds it.
 */
export class DelayLine {
  readonly #deliver: (chunk: Buffer) => void;
  readonly #underway: { readonly chunk: Buffer; readonly due: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #drained: (() => void) | undefined;

  constructor(deliver: (chunk: Buffer) => void) {
    this.#deliver = deliver;
  }

  get bytesUnderway(): number {
    return this.#underway.reduce((sum, { chunk }) => sum + chunk.length, 0);
  }

  send(chunk: Buffer, delayMs: number): void {
    if (delayMs <= 0 && this.#underway.length === 0) return this.#deliver(chunk);
    this.#underway.push({ chunk, due: performance.now() + delayMs });
    this.#schedule();
  }

  /** Resolves once everything has been delivered. */
  drained(): Promise<void> {
    if (this.#underway.length === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#drained = resolve));
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#underway.length = 0;
    this.#drained?.();
  }

  #schedule(): void {
    const [first] = this.#underway;
    if (this.#timer !== undefined || first === undefined) return;
    // Timers count in whole milliseconds and fire late, never early: the last fraction is waited for by asking again.
    const remaining = Math.max(0, Math.floor(first.due - performance.now()));
    this.#timer = setTimeout(() => this.#arrive(), remaining);
  }

  #arrive(): void {
    this.#timer = undefined;
    const now = performance.now();
    let arrived = 0;
    while ((this.#underway[arrived]?.due ?? Infinity) <= now + 0.25) arrived++;
    for (const { chunk } of this.#underway.splice(0, arrived)) this.#deliver(chunk);
    if (this.#underway.length === 0) this.#drained?.();
    this.#schedule();
  }
}
