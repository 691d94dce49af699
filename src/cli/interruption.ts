import { TransportError } from "../index.ts";

/** 128 + the number of the signal, as shells count it. */
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * What ends a command early: a signal, a reader of stdout that has gone (`samewire cat … | head`), which ends it quietly, or a stdout that takes no
 * more. A second signal, of whatever kind, finds the default behaviour and ends the process at once.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #listeners: (() => void)[] = [];
  /** What the process ends with; undefined while nothing has interrupted it. */
  exitCode: number | undefined;
  /** Why stdout takes no more. */
  failure: Error | undefined;

  constructor() {
    for (const [name, code] of Object.entries(signals)) {
      const stop = (): void => {
        this[Symbol.dispose]();
        this.#stop(code);
      };
      process.once(name, stop);
      this.#listeners.push(() => process.off(name, stop));
    }
    // These stay: what was written last may fail after the command has ended.
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") this.failure = isFull(error) ? full(error) : error;
      this.#stop(error.code === "EPIPE" ? 0 : 1);
    });
    // Where nobody reads the messages there is nobody to tell.
    process.stderr.on("error", () => this.#stop(1));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    for (const stopListening of this.#listeners) stopListening();
  }

  #stop(exitCode: number): void {
    this.exitCode ??= exitCode;
    this.#controller.abort();
  }
}

function isFull({ code }: NodeJS.ErrnoException): boolean {
  return code === "ENOSPC" || code === "EDQUOT";
}

function full(cause: Error): TransportError {
  return new TransportError("no-space", `stdout takes no more: ${cause.message}`, { cause });
}
