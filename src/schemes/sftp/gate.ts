import { whenAborted } from "../../connection/abort.ts";
import { Line } from "../../connection/line.ts";
import type { Operation } from "../../transport/operation.ts";
import { abortedError } from "../../transport/operation.ts";

/** Lets a number of operations through at a time; the others wait outside, with nothing on loan, in the order in which they came. */
export class Gate {
  readonly #waiting = new Line<() => void>();
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Does `work` in its turn; rejects with `aborted`, and does nothing, where the operation is given up before that. */
  through<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) return this.#turn(operation).then(() => this.#pass(work));
    this.#free--;
    return this.#pass(work);
  }

  #pass<T>(work: () => Promise<T>): Promise<T> {
    const done = work();
    done.then(this.#leave, this.#leave);
    return done;
  }

  /** Whoever has waited longest takes the place. */
  readonly #leave = (): void => {
    const next = this.#waiting.first;
    if (next === undefined) this.#free++;
    else next();
  };

  #turn(operation: Operation): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (proceed: () => void) => (): void => {
        stopListening();
        if (this.#waiting.leave(ticket)) proceed();
      };
      const ticket = this.#waiting.join(settle(resolve));
      const stopListening = whenAborted(
        operation.signal,
        settle(() => reject(abortedError(operation))),
      );
    });
  }
}
