/** How many times faster than by the clock on the wall the matrix's time goes: the library's limits are its defaults, and 10 seconds take one. */
export const pace = 10;

/** How long something takes by the matrix's clock, in milliseconds by the one on the wall. */
export function atPace(ms: number): number {
  return ms / pace;
}

/** What a loaded machine may take longer, by the clock on the wall. */
export const slackMs = 15_000;
