import type { Lease } from "../../connection/wire-pool.ts";
import type { TransportError } from "../../errors/transport-error.ts";
import type { ByteSource } from "../../transport/verb-options.ts";

/** What one request carries on most servers. */
const oneRequestBytes = 255 * 1024;

/** What an operation that waits for answers has of the wire. */
export interface AnswerLease {
  /** Settles as `answer` does. */
  awaiting<T>(answer: Promise<T>): Promise<T>;
  release(): void;
}

/** A lease of an operation that waits for nobody but the server until it is done: all of its silence is counted, which needs no care. */
function steadyLease(lease: Lease<unknown>): AnswerLease {
  return {
    awaiting(answer) {
      lease.progress();
      return answer;
    },
    release: () => lease.release(),
  };
}

/** Who writes what fits into one request waits for nobody but the server. */
export function leaseFor(source: ByteSource | undefined, lease: Lease<unknown>): AnswerLease {
  const small = source instanceof Uint8Array && source.length <= oneRequestBytes;
  return small ? steadyLease(lease) : new StreamLease(lease);
}

/** A lease of an operation that sometimes waits for the server and sometimes for its reader or its source, whose silence is not the server's. */
export class StreamLease implements AnswerLease {
  readonly #lease: Lease<unknown>;
  readonly #awaited = new Set<(reason: TransportError) => void>();

  constructor(lease: Lease<unknown>) {
    this.#lease = lease;
    lease.pause();
  }

  /** Settles as `answer` does. Until then the server's silence is counted. */
  awaiting<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#awaited.size === 0) this.#lease.resume();
      this.#awaited.add(reject);
      const answered = (): void => {
        if (!this.#awaited.delete(reject)) return;
        this.#lease.progress();
        if (this.#awaited.size === 0) this.#lease.pause();
      };
      answer.then(
        (value) => {
          answered();
          resolve(value);
        },
        (error: unknown) => {
          answered();
          reject(error);
        },
      );
    });
  }

  /** The server was silent for too long: whatever is awaited rejects. */
  expire(reason: TransportError): void {
    const awaited = [...this.#awaited];
    this.#awaited.clear();
    this.#lease.pause();
    for (const reject of awaited) reject(reason);
  }

  release(): void {
    this.#lease.release();
  }
}
