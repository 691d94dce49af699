import type { ProgressMeter } from "./progress-meter.ts";

/** Counts one file of a copy: what is fetched once more is not counted twice, and what came of a file that failed is taken back. */
export class FileMeter {
  readonly #meter: ProgressMeter;
  readonly #knownBytes: number;
  #counted = 0;
  /** Since the copy of it was begun, or begun anew. */
  #moved = 0;

  /** `knownBytes`: the length that it was listed with. */
  constructor(meter: ProgressMeter, knownBytes: number) {
    this.#meter = meter;
    this.#knownBytes = knownBytes;
  }

  moved(bytes: number): void {
    this.#moved += bytes;
    if (this.#moved > this.#counted) this.#count(this.#moved);
  }

  /** The copy of it is begun anew. */
  again(): void {
    this.#moved = 0;
  }

  /** It has arrived. It may have another length by now. */
  done(bytes: number): void {
    this.#count(bytes);
    this.#meter.know(0, Math.min(0, bytes - this.#knownBytes));
    this.#meter.fileDone();
  }

  failed(): void {
    this.#count(0);
  }

  #count(bytes: number): void {
    const beyond = Math.max(0, bytes - this.#knownBytes) - Math.max(0, this.#counted - this.#knownBytes);
    if (beyond !== 0) this.#meter.know(0, beyond);
    this.#meter.moved(bytes - this.#counted);
    this.#counted = bytes;
  }
}
