/** What was started so far; stopped in reverse order. */
export class Started implements AsyncDisposable {
  readonly #parts: AsyncDisposable[] = [];

  add<Part extends AsyncDisposable>(part: Part): Part {
    this.#parts.push(part);
    return part;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of this.#parts.splice(0).toReversed()) await part[Symbol.asyncDispose]();
  }
}

/** Starts several things of which none is left running if one cannot be started. */
export async function startAll<T>(start: (started: Started) => Promise<T>): Promise<T> {
  const started = new Started();
  try {
    return await start(started);
  } catch (error) {
    await started[Symbol.asyncDispose]();
    throw error;
  }
}
