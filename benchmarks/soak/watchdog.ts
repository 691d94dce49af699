/** Something that must settle. */
export interface Watched {
  settled(): void;
}

/** Names what has not settled although every limit is over. */
export class Watchdog {
  readonly #running = new Map<object, { readonly what: string; readonly since: number }>();
  readonly #limitMs: number;
  readonly #bark: (what: string) => void;
  readonly #timer: NodeJS.Timeout;

  constructor(limitMs: number, bark: (what: string) => void) {
    this.#limitMs = limitMs;
    this.#bark = bark;
    this.#timer = setInterval(() => this.#look(), 1_000);
  }

  get running(): number {
    return this.#running.size;
  }

  watch(what: string): Watched {
    const watched: Watched = { settled: () => void this.#running.delete(watched) };
    this.#running.set(watched, { what, since: performance.now() });
    return watched;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    for (const [watched, { what, since }] of this.#running) {
      if (now - since < this.#limitMs) continue;
      this.#running.delete(watched);
      this.#bark(`never settled, after ${Math.round((now - since) / 1_000)} s: ${what}`);
    }
  }
}
