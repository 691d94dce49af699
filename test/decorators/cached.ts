import type { CacheOptions, CacheTransport, Transport } from "samewire";
import { TraceTransport, cache, getTransport } from "samewire";

import { ManualClock } from "../connection/manual-clock.ts";

/** A time so long ago that a content with it is held at once. */
export const longAgo: Date = new Date(Date.UTC(2020, 0, 1));

export interface Cached {
  readonly transport: CacheTransport;
  /** Another way to the same files, of which the cache knows nothing. */
  readonly behind: Transport;
  /** Moves the age of what is held. */
  readonly clock: ManualClock;
  /** What was asked for by the cache since this was last called: `stat file`. */
  readonly asked: () => string[];
}

/** A cache around files in memory. */
export function cached(options: CacheOptions = {}, behind: Transport = getTransport("memory:///")): Cached {
  const clock = new ManualClock();
  const trace = new TraceTransport(behind);
  return {
    transport: cache(trace, { clock, ...options }),
    behind,
    clock,
    asked: () => trace.calls.splice(0).map(({ verb, path }) => `${verb} ${path}`.trim()),
  };
}

export async function textOf(bytes: Promise<Uint8Array>): Promise<string> {
  return Buffer.from(await bytes).toString();
}
