import type { TransportError } from "../errors/transport-error.ts";
import type { Clock } from "./clock.ts";
import type { Lease, LeaseRequest } from "./wire-pool.ts";

/** What a lease tells the slot that it came from. */
export interface LeaseOwner<Wire> {
  readonly wire: Wire;
  readonly clock: Clock;
  /** Counts the operations that await an answer. */
  await(change: 1 | -1): void;
  giveBack(lease: WireLease<Wire>): void;
  drop(reason: TransportError): void;
}

/** A wire on loan. */
export class WireLease<Wire> implements Lease<Wire> {
  readonly #slot: LeaseOwner<Wire>;
  readonly #request: LeaseRequest;
  #state: "awaiting" | "paused" | "returned" = "awaiting";
  #pausedAt = 0;
  /** When the server last answered this operation, or when it began. */
  heardAt: number;
  /** Its place among the leases of its wire. */
  ticket = 0;

  constructor(slot: LeaseOwner<Wire>, request: LeaseRequest, now: number) {
    this.#slot = slot;
    this.#request = request;
    this.heardAt = now;
  }

  get wire(): Wire {
    return this.#slot.wire;
  }

  get operation(): string {
    return this.#request.operation;
  }

  release(): void {
    if (this.#return()) this.#slot.giveBack(this);
  }

  discard(reason: TransportError): void {
    if (this.#return()) this.#slot.drop(reason);
  }

  progress(): void {
    this.heardAt = this.#slot.clock.now();
  }

  pause(): void {
    if (this.#state !== "awaiting") return;
    this.#state = "paused";
    this.#pausedAt = this.#slot.clock.now();
    this.#slot.await(-1);
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "awaiting";
    this.heardAt = this.#slot.clock.now();
    this.#slot.await(1);
  }

  /** How long no answer has been awaited: a stream that nobody reads. 0 while one is. */
  pausedMs(now: number): number {
    return this.#state === "paused" ? now - this.#pausedAt : 0;
  }

  silentMs(now: number): number {
    return this.#state === "awaiting" ? now - this.heardAt : 0;
  }

  /** The operation was silent for too long on a wire that lives: it is given up alone. */
  expire(reason: TransportError): void {
    this.progress();
    this.#request.expired?.(reason);
  }

  #return(): boolean {
    if (this.#state === "returned") return false;
    if (this.#state === "awaiting") this.#slot.await(-1);
    this.#state = "returned";
    return true;
  }
}
