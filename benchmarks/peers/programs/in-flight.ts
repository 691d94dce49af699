/** Does something with each, so many at a time. */
export async function inFlight<T>(most: number, each: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const left = each[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: most }, worker));
}
