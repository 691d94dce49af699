import { TransportError } from "../errors/transport-error.ts";
import type { ConnectionRequest } from "../transport/connection-request.ts";
import type { PossibleTransports } from "../transport/possible-transports.ts";
import type { Transport } from "../transport/transport.ts";
import { BorrowedTransport } from "./borrowed-transport.ts";
import type { Borrower } from "./borrower.ts";
import type { LentDirectory } from "./lent-directory.ts";

/** Options of who borrows. */
export interface BorrowOptions {
  /** Refuse, with `outside-base`, every URL that nobody lends, instead of opening a wire of one's own for it. Default false. */
  readonly lentOnly?: boolean | undefined;
}

/**
 * What a process has borrowed, as a list that every function which takes `possibleTransports` may be given: URLs below what is lent are served by the lender,
 * all others as with an array.
 */
export class BorrowedTransports implements PossibleTransports, AsyncDisposable {
  /** The directories that are lent, one transport for each. */
  readonly lent: readonly Transport[];
  readonly #borrower: Borrower;
  readonly #lentOnly: boolean;
  readonly #own: Transport[] = [];

  constructor(borrower: Borrower, directories: readonly LentDirectory[], { lentOnly = false }: BorrowOptions = {}) {
    this.#borrower = borrower;
    this.#lentOnly = lentOnly;
    this.lent = directories.map((directory) => new BorrowedTransport(directory, directories));
  }

  /** Adds transports of the process's own, behind those that are lent. */
  push(...transports: Transport[]): number {
    return this.#own.push(...transports) + this.lent.length;
  }

  /** What is lent first. */
  *[Symbol.iterator](): Generator<Transport> {
    yield* this.lent;
    yield* this.#own;
  }

  /**
   * All of it.
   *
   * @throws TransportError `outside-base` for what nobody lends, where nothing else is to be opened
   */
  candidatesFor(request: ConnectionRequest): Iterable<Transport> {
    const isPlain = request.location.decorators.length === 0;
    if (!this.#lentOnly || !isPlain || this.lent.some((transport) => transport.explainReuse(request).reuse))
      return this;
    throw new TransportError("outside-base", "nobody lends this, and nothing else may be opened here", {
      url: request.location.redactedUrl,
      hint: `Lent are: ${this.lent.map(({ base }) => base).join(", ")}`,
    });
  }

  /** Gives everything back: what is under way ends with `closed`. What was pushed stays its owner's. */
  async close(): Promise<void> {
    this.#borrower.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
