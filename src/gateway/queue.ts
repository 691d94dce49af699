/** The requests of one connection, which are answered one after the other, as they came: nobody has files opened for answers that wait for a slow reader. */
export class RequestQueue {
  #tail: Promise<void> = Promise.resolve();
  #length = 0;

  /** Requests that were not answered yet. */
  get length(): number {
    return this.#length;
  }

  /** Resolves when all that was added so far is answered. */
  get idle(): Promise<void> {
    return this.#tail;
  }

  /** `work` must not reject. */
  add(work: () => Promise<void>): void {
    this.#length++;
    this.#tail = this.#tail.then(work).finally(() => void this.#length--);
  }
}
