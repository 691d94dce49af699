import type { Clock } from "./clock.ts";

/** What `work` settles with, or `late` where that takes longer than `ms`. Does not keep the process alive by itself. */
export function within<T, const Late>(clock: Clock, ms: number, work: Promise<T>, late: Late): Promise<T | Late> {
  return new Promise((resolve, reject) => {
    const timer = clock.timeout(ms, () => resolve(late));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
