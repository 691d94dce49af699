import { TransportError } from "../errors/transport-error.ts";
import { whenAborted } from "./abort.ts";
import type { Lease, LeaseRequest } from "./wire-pool.ts";

/** Who waits for a wire. */
export class Waiter<Wire> {
  readonly request: LeaseRequest;
  /** When the wait began. */
  readonly since: number;
  /** Its place in the line. */
  ticket = 0;
  readonly promise: Promise<Lease<Wire>>;
  #resolve!: (lease: Lease<Wire>) => void;
  #reject!: (error: TransportError) => void;
  readonly #stopListening: () => void;

  /** `left` is told when the caller gives up, before the promise is. */
  constructor(request: LeaseRequest, since: number, left: (waiter: Waiter<Wire>, error: TransportError) => void) {
    this.request = request;
    this.since = since;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#stopListening = whenAborted(request.signal, () => left(this, aborted(request.operation)));
  }

  resolve(lease: Lease<Wire>): void {
    this.#stopListening();
    this.#resolve(lease);
  }

  reject(error: TransportError): void {
    this.#stopListening();
    this.#reject(error);
  }
}

export function aborted(operation: string): TransportError {
  return new TransportError("aborted", "the operation was aborted", { operation });
}
