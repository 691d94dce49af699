import type { Capabilities } from "../transport/capabilities.ts";

/** The time nearest to one that a target can store. */
export function nearestTime(time: Date, { mtimeRangeMs }: Pick<Capabilities, "mtimeRangeMs">): Date {
  if (mtimeRangeMs === undefined) return time;
  const [earliest, latest] = mtimeRangeMs;
  return new Date(Math.min(Math.max(time.getTime(), earliest), latest));
}
