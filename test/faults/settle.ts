import { deferred } from "../../src/connection/deferred.ts";
import { matrixClock } from "./matrix-clock.ts";

/** What an operation may take beside its limits: round trips, computing, and the steps in which the matrix's clock goes. */
const slackMs = 20_000;

/** What work settles with, by `ms` of the matrix's time at the latest; rejects where it does not settle. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const late = deferred<never>();
  const timer = matrixClock.timeout(ms + slackMs, () =>
    late.reject(new Error(`${what} has not settled within its limit`)),
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    timer.cancel();
  }
}

/** Waits until something holds that follows by itself, and soon. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const endsAt = matrixClock.now() + 3 * slackMs;
  while (!holds()) {
    if (matrixClock.now() > endsAt) throw new Error(`it never came about that ${what}`);
    await elapsed(100);
  }
}

/** Waits for some of the matrix's time. */
export async function elapsed(ms: number): Promise<void> {
  await new Promise<void>((resolve) => matrixClock.timeout(ms, resolve));
}
