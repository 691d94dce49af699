import type { Demand, Permit, PermitHolder, PermitSource } from "./wire-limit.ts";

/** The permit of an attempt to open a wire, and then of the wire. Where nobody counts wires it is always there. */
export class Admission implements PermitHolder {
  readonly #source: PermitSource | undefined;
  #permit: Permit | undefined;
  #wire: PermitHolder | undefined;
  #waiting = false;

  constructor(source: PermitSource | undefined) {
    this.#source = source;
  }

  /** Whether wires are counted. */
  get isRationed(): boolean {
    return this.#source !== undefined;
  }

  /** Whether it stands in line. */
  get isWaiting(): boolean {
    return this.#waiting;
  }

  /** Whether the wire may be lent. */
  get isValid(): boolean {
    return this.#permit?.valid ?? true;
  }

  /** Resolves once there is a permit. */
  async enter(signal: AbortSignal): Promise<void> {
    if (this.#source === undefined || this.#permit !== undefined) return;
    this.#waiting = true;
    try {
      this.#permit = await this.#source.acquire(this, signal);
    } finally {
      this.#waiting = false;
    }
  }

  /** From now on it is the wire that is asked to go. */
  hand(wire: PermitHolder): void {
    this.#wire = wire;
  }

  giveUp(demand: Demand): boolean {
    return this.#wire?.giveUp(demand) ?? false;
  }

  /** The wire is gone, or never was: the permit goes back. `refusedForMs`: the server had no room for it. */
  leave(refusedForMs: number = 0): void {
    this.#permit?.release(refusedForMs);
    this.#permit = undefined;
    this.#wire = undefined;
  }
}
