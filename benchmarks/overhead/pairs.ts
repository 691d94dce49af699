import { median, medianInterval } from "../statistics.ts";

/** One thing that both sides do. */
export type Task = () => Promise<unknown>;

export interface PairSettings {
  /** How many are under way at once. */
  readonly concurrency: number;
  readonly pairs: number;
  /** How long each side of a pair lasts at least, in milliseconds. */
  readonly sideMs: number;
}

/** What pairs showed. */
export interface PairResult {
  /** Median of our time over theirs, within each pair; below 1 is faster. */
  readonly ratio: number;
  /** Where the true median ratio lies with the probability `coverage`. */
  readonly low: number;
  readonly high: number;
  readonly coverage: number;
  /** The same of the processor time of this process alone, which other processes disturb less. */
  readonly cpuRatio: number;
  /** Time for each task, in microseconds: medians over the pairs. */
  readonly oursUs: number;
  readonly theirsUs: number;
}

/** The sides of a pair take turns this long, so that what else the machine does falls on both. */
const turnMs = 25;

/** How many times, and how long at most, a task runs before it is measured. */
export interface WarmUp {
  readonly tasks: number;
  readonly maxMs: number;
}

/** Repeats a task, many at once, until the compiler has nothing more to do: that takes it some ten thousand calls of an asynchronous function. */
export async function warmUp(task: Task, { tasks, maxMs }: WarmUp): Promise<void> {
  const side = new Side(task, 64);
  while (side.done < tasks && side.wallMs < maxMs) await side.turn();
}

/** Compares two ways to do a thing. */
export async function comparePairs(ours: Task, theirs: Task, settings: PairSettings): Promise<PairResult> {
  await measurePair(ours, theirs, settings); // Not counted: what was done before it differed in how many were under way.
  const pairs: Pair[] = [];
  for (let pair = 0; pair < settings.pairs; pair++) pairs.push(await measurePair(ours, theirs, settings));
  const ratios = pairs.map((pair) => pair.ours.wallUs / pair.theirs.wallUs);
  return {
    ratio: median(ratios),
    ...medianInterval(ratios),
    cpuRatio: median(pairs.map((pair) => pair.ours.cpuUs / pair.theirs.cpuUs)),
    oursUs: median(pairs.map((pair) => pair.ours.wallUs)),
    theirsUs: median(pairs.map((pair) => pair.theirs.wallUs)),
  };
}

interface Pair {
  readonly ours: PerTask;
  readonly theirs: PerTask;
}

/** Microseconds for each task. */
interface PerTask {
  readonly wallUs: number;
  readonly cpuUs: number;
}

async function measurePair(ours: Task, theirs: Task, { concurrency, sideMs }: PairSettings): Promise<Pair> {
  const [mine, other] = [new Side(ours, concurrency), new Side(theirs, concurrency)];
  while (mine.wallMs < sideMs || other.wallMs < sideMs) {
    await mine.turn();
    await other.turn();
    // Whoever goes first changes.
    await other.turn();
    await mine.turn();
  }
  return { ours: mine.perTask, theirs: other.perTask };
}

class Side {
  readonly #task: Task;
  readonly #concurrency: number;
  #cpuUs = 0;
  done = 0;
  wallMs = 0;

  constructor(task: Task, concurrency: number) {
    this.#task = task;
    this.#concurrency = concurrency;
  }

  get perTask(): PerTask {
    return { wallUs: (this.wallMs * 1_000) / this.done, cpuUs: this.#cpuUs / this.done };
  }

  /** Repeats the task, so many at once, for a turn. */
  async turn(): Promise<void> {
    const cpuBefore = process.cpuUsage();
    const from = performance.now();
    await Promise.all(Array.from({ length: this.#concurrency }, () => this.#work(from + turnMs)));
    this.wallMs += performance.now() - from;
    const { user, system } = process.cpuUsage(cpuBefore);
    this.#cpuUs += user + system;
  }

  async #work(until: number): Promise<void> {
    do {
      await this.#task();
      this.done++;
    } while (performance.now() < until);
  }
}
