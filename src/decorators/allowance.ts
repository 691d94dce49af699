import { whenAborted } from "../connection/abort.ts";
import type { Clock } from "../connection/clock.ts";
import { pause } from "../connection/pause.ts";
import { TransportError } from "../errors/transport-error.ts";

/** How much a limited transport, and all that is made from it, does together. */
export interface LimitOptions {
  /** Bytes of content a second, up and down together. Default: any number. */
  readonly bytesPerSecond?: number;
  /** Verbs under way at a time, streams included until they end. Default: any number. */
  readonly operations?: number;
  /** What seconds are measured by. Default: the machine's own clock. */
  readonly clock?: Clock;
}

/** What a transport and all that were made from it may do together: some operations at a time, some bytes a second. First come, first served. */
export class Allowance {
  readonly #clock: Clock;
  readonly #msPerByte: number;
  readonly #waiting: (() => void)[] = [];
  #free: number;
  /** When the bytes that were taken so far have had their time. */
  #paidUntil = 0;

  /** @throws TransportError `range-not-satisfiable` for a limit that lets nothing through */
  constructor({ bytesPerSecond = Infinity, operations = Infinity, clock }: LimitOptions & { readonly clock: Clock }) {
    for (const [name, value] of Object.entries({ bytesPerSecond, operations }))
      if (!(value > 0)) throw new TransportError("range-not-satisfiable", `${name} must be above 0, not ${value}`);
    this.#clock = clock;
    this.#msPerByte = 1_000 / bytesPerSecond;
    this.#free = operations;
  }

  /** Resolves once there is room for one more operation. Rejects with `aborted`, having taken nothing. */
  async enter(signal: AbortSignal | undefined): Promise<void> {
    if (this.#free >= 1 && this.#waiting.length === 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(admit), 1);
        const cause: unknown = signal?.reason;
        reject(new TransportError("aborted", "the operation was aborted before anything was sent", { cause }));
      };
      const admit = (): void => {
        stopListening();
        resolve();
      };
      this.#waiting.push(admit);
      const stopListening = whenAborted(signal, abort);
    });
  }

  /** Makes room for whoever waits longest. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }

  /** Resolves once as many bytes have had their time. */
  async pay(bytes: number, signal?: AbortSignal): Promise<void> {
    if (this.#msPerByte === 0) return;
    const now = this.#clock.now();
    this.#paidUntil = Math.max(now, this.#paidUntil) + bytes * this.#msPerByte;
    await pause(this.#clock, this.#paidUntil - now, signal);
  }
}
