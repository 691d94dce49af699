import { whenAborted } from "./abort.ts";
import type { Clock } from "./clock.ts";

/** Resolves after `ms`, or as soon as `signal` is aborted; whoever waits looks at the signal. Keeps the process alive meanwhile. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0 || signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = (): void => {
      timer.cancel();
      stopListening();
      resolve();
    };
    const timer = clock.timeout(ms, settle);
    timer.hold();
    const stopListening = whenAborted(signal, settle);
  });
}
