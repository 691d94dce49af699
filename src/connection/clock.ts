/** Something that is going to happen. It never keeps the process alive, unless it is told to. */
export interface Timer {
  /** Nothing happens any more. Harmless afterwards. */
  cancel(): void;
  /** Keeps the process alive until it has happened or was cancelled: for what somebody awaits while nothing else does. */
  hold(): void;
}

/** What the library waits by: every limit, pause and interval of a connection asks one clock, so that a test can put another in its place. */
export interface Clock {
  /** Milliseconds since some moment. Never goes back; stands still, on some systems, while the machine sleeps. */
  now(): number;
  /** Milliseconds since 1970, as a calendar has them. Jumps when the machine wakes up, or when somebody sets it. */
  wallNow(): number;
  /** Calls `expire` once, after `ms`; never where that is longer than 24 days, as `Infinity` is. */
  timeout(ms: number, expire: () => void): Timer;
  /** Calls `tick` every `ms`. */
  interval(ms: number, tick: () => void): Timer;
}

/** The longest delay that a timer takes; it treats a longer one as 1 ms. */
const longestTimerMs = 2 ** 31 - 1;

class SystemClock implements Clock {
  now(): number {
    return performance.now();
  }

  wallNow(): number {
    return Date.now();
  }

  timeout(ms: number, expire: () => void): Timer {
    return ms > longestTimerMs ? never : timerOf(setTimeout(expire, ms));
  }

  interval(ms: number, tick: () => void): Timer {
    return timerOf(setInterval(tick, ms));
  }
}

function timerOf(timer: NodeJS.Timeout): Timer {
  timer.unref();
  return { cancel: () => clearTimeout(timer), hold: () => void timer.ref() };
}

const never: Timer = { cancel: () => undefined, hold: () => undefined };

/** The machine's own clock. */
export const systemClock: Clock = new SystemClock();
