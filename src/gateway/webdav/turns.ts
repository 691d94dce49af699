/** Lets what changes one path go one after another. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves once nobody else has any of these paths; what it gives gives them back. Each caller takes all that it needs at once. */
  async take(...paths: readonly string[]): Promise<() => void> {
    let giveBack = (): void => undefined;
    const given = new Promise<void>((resolve) => (giveBack = resolve));
    const before = paths.flatMap((path) => this.#last.get(path) ?? []);
    for (const path of paths) this.#last.set(path, given);
    await Promise.all(before);
    return () => {
      giveBack();
      for (const path of paths) if (this.#last.get(path) === given) this.#last.delete(path);
    };
  }
}
