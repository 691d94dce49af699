import type { TransportError } from "../errors/transport-error.ts";
import { isTransportError, toTransportError } from "../errors/transport-error.ts";
import type { Lease, LeaseRequest } from "./wire-pool.ts";

/** What is done with a wire that is on loan. */
export type WireWork<Wire, T> = (wire: Wire, lease: Lease<Wire>) => Promise<T>;

/** One operation on a wire: asks for the lease, works, gives it back. One object, because thousands may wait at once. */
export class WireUse<Wire, T> implements LeaseRequest {
  readonly operation: string;
  readonly signal: AbortSignal | undefined;
  readonly #work: WireWork<Wire, T>;
  readonly #resolve: (value: T) => void;
  readonly #reject: (reason: unknown) => void;
  #lease: Lease<Wire> | undefined;

  constructor(
    { operation, signal }: { readonly operation: string; readonly signal?: AbortSignal | undefined },
    work: WireWork<Wire, T>,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
  ) {
    this.operation = operation;
    this.signal = signal;
    this.#work = work;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Never throws: work that throws at once fails as it does later. */
  begin(lease: Lease<Wire>): void {
    this.#lease = lease;
    try {
      this.#work(lease.wire, lease).then(
        (value) => {
          lease.release();
          this.#resolve(value);
        },
        (error: unknown) => this.#failed(lease, error),
      );
    } catch (error) {
      this.#failed(lease, toTransportError(error));
    }
  }

  /** The wire lives, and nobody is interested in the late answer: it must not be held for that. */
  expired(reason: TransportError): void {
    this.#lease?.release();
    this.#reject(lostEffect(reason, this.operation));
  }

  #failed(lease: Lease<Wire>, error: unknown): void {
    if (isTransportError(error, "connection-lost")) lease.discard(error);
    else lease.release();
    this.#reject(lostEffect(error, this.operation));
  }
}

/** A wire that is lost, silent or given up leaves it open whether a request took effect, and so does one that answers in riddles. */
export function lostEffect(error: unknown, operation: string): unknown {
  return isTransportError(error, "connection-lost", "timeout", "protocol-error", "aborted", "closed")
    ? uncertain(error).with({ operation })
    : error;
}

/** The same failure, of which nobody knows whether what was asked for happened. */
export function uncertain(error: TransportError): TransportError {
  return error.effect === "none" ? error.with({ effect: "unknown" }) : error;
}
