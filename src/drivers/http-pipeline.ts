import type { Lease } from "../connection/wire-pool.ts";
import type { TransportError } from "../errors/transport-error.ts";
import { HttpAnswer } from "./http-answer.ts";
import type { HttpRequest } from "./http-message.ts";
import type { HttpWire } from "./http-wire.ts";

/** Requests that are sent one behind the other on one connection, before the first is answered (RFC 9112, 9.3.2). */
export class HttpPipeline {
  /** In the order of the requests. Each is what the server said, whatever that is; all of it has to be taken before the next begins. */
  readonly answers: readonly Promise<HttpAnswer>[];
  readonly #begun: HttpAnswer[] = [];

  /** The wire is given back once all answers have ended. */
  constructor(
    lease: Lease<HttpWire>,
    requests: readonly HttpRequest[],
    operation: string,
    signal: AbortSignal | undefined,
  ) {
    const shared = new SharedLease(lease, requests.length);
    this.answers = requests.map((request) =>
      HttpAnswer.request(shared.part(), { ...request, pipelined: true }, operation, signal, (begun) =>
        this.#begun.push(begun),
      ),
    );
    // Awaited one after another; until then their failures are nobody's.
    for (const answer of this.answers) answer.catch(() => undefined);
  }

  /** Gives up what has not ended, and the connection with it. */
  abort(reason: TransportError): void {
    for (const answer of this.#begun) answer.abort(reason);
  }
}

/** A wire on loan to several answers at once. */
class SharedLease {
  readonly #lease: Lease<HttpWire>;
  #left: number;

  constructor(lease: Lease<HttpWire>, parts: number) {
    this.#lease = lease;
    this.#left = parts;
  }

  part(): Lease<HttpWire> {
    const lease = this.#lease;
    let isOver = false;
    return {
      wire: lease.wire,
      release: () => {
        if (!isOver && --this.#left === 0) lease.release();
        isOver = true;
      },
      discard: (reason) => {
        isOver = true;
        lease.discard(reason);
      },
      progress: () => lease.progress(),
      // While one of them is not read, none of those behind it comes.
      pause: () => lease.pause(),
      resume: () => lease.resume(),
    };
  }
}
