/** Empty places that are kept at the front of a line before it moves up. */
const mostGaps = 64;

/**
 * Those who are here, in the order in which they came; whoever leaves leaves a gap. For what comes and goes with every operation: a `Set` finds its first
 * behind all who were before, and each table that it outgrows keeps the next from being collected, with whoever is in it.
 */
export class Line<T extends object> implements Iterable<T> {
  #places: (T | undefined)[] = [];
  /** The place of the first who may still be there. */
  #front = 0;
  /** Places that are no more, before those that are. */
  #passed = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Who has been here for longest. */
  get first(): T | undefined {
    return this.#places[this.#front];
  }

  /** Joins the line; answers with the ticket to leave it with. */
  join(one: T): number {
    this.#size++;
    return this.#passed + this.#places.push(one) - 1;
  }

  /** Leaves the line. False for whoever had left it already. */
  leave(ticket: number): boolean {
    const place = ticket - this.#passed;
    if (this.#places[place] === undefined) return false;
    this.#places[place] = undefined;
    this.#size--;
    while (this.#front < this.#places.length && this.#places[this.#front] === undefined) this.#front++;
    if (this.#front >= mostGaps && this.#front * 2 >= this.#places.length) this.#moveUp();
    return true;
  }

  clear(): void {
    this.#front = this.#places.length;
    this.#moveUp();
    this.#size = 0;
  }

  /** Who is here now; those who leave meanwhile are among them. */
  *[Symbol.iterator](): Iterator<T> {
    for (const one of this.#places.slice(this.#front)) if (one !== undefined) yield one;
  }

  #moveUp(): void {
    this.#places.splice(0, this.#front);
    this.#passed += this.#front;
    this.#front = 0;
  }
}
