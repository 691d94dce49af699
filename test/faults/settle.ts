import { atPace, slackMs } from "./pace.ts";

/** What work settles with, by `ms` of the matrix's time at the latest; rejects where it does not settle. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} has not settled within its limit`)), atPace(ms) + slackMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until something holds that follows by itself, and soon. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const endsAt = performance.now() + slackMs;
  while (!holds()) {
    if (performance.now() > endsAt) throw new Error(`it never came about that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Waits for some of the matrix's time. */
export async function elapsed(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, atPace(ms)));
}
