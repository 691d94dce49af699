import type {
  PermitStore,
  ReleaseRequest,
  RenewAnswer,
  RenewRequest,
  TakeAnswer,
  TakeRequest,
} from "./permit-store.ts";
import type { Clock } from "./clock.ts";

interface Count {
  /** Ids in the order in which their permits were given. */
  readonly permits: Set<string>;
  /** Since when each id has stood in line. */
  readonly line: Map<string, number>;
  learned: { readonly most: number; readonly until: number } | undefined;
}

/** Keeps count in this process: nobody dies alone in it, so that nothing runs out. */
export class LocalPermits implements PermitStore {
  readonly label = "this process";
  readonly #clock: Clock;
  readonly #counts = new Map<string, Count>();
  #arrivals = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async take(key: string, { id, limit, arrival }: TakeRequest): Promise<TakeAnswer> {
    const count = this.#countOf(key);
    const { permits, line } = count;
    const joined = arrival === 0 ? ++this.#arrivals : arrival;
    if (permits.has(id)) return { granted: true, arrival: joined, ahead: 0 };
    const byHolder = permitsByHolder(permits);
    const mine = byHolder.get(holderOf(id)) ?? 0;
    let ahead = 0;
    for (const [other, at] of line) {
      const theirs = byHolder.get(holderOf(other)) ?? 0;
      if (other !== id && (theirs < mine || (theirs === mine && at < joined))) ahead++;
    }
    const granted = ahead < this.#most(count, limit) - permits.size;
    if (granted) {
      permits.add(id);
      line.delete(id);
    } else line.set(id, joined);
    return { granted, arrival: joined, ahead };
  }

  async renew(key: string, { holder, limit, ids }: RenewRequest): Promise<RenewAnswer> {
    const count = this.#countOf(key);
    const { permits, line } = count;
    const byHolder = permitsByHolder(permits);
    const others = [...line.keys()].map(holderOf).filter((other) => other !== holder);
    const oldest = [...permits].findIndex((id) => holderOf(id) === holder);
    return {
      held: ids.map((id) => permits.has(id)),
      own: byHolder.get(holder) ?? 0,
      waiting: Math.max(0, others.length - Math.max(0, this.#most(count, limit) - permits.size)),
      fewest: others.length === 0 ? 0 : Math.min(...others.map((other) => byHolder.get(other) ?? 0)),
      older: oldest < 0 ? permits.size : oldest,
    };
  }

  async release(key: string, { ids, refusedForMs }: ReleaseRequest): Promise<void> {
    const count = this.#countOf(key);
    const { permits, line } = count;
    for (const id of ids) {
      permits.delete(id);
      line.delete(id);
    }
    const now = this.#clock.now();
    if (refusedForMs > 0) {
      const most = Math.min(this.#most(count, Infinity), Math.max(1, permits.size));
      count.learned = { most, until: now + refusedForMs };
    }
    const isOver = count.learned === undefined || count.learned.until <= now;
    if (permits.size === 0 && line.size === 0 && isOver) this.#counts.delete(key);
  }

  #countOf(key: string): Count {
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = { permits: new Set(), line: new Map(), learned: undefined };
      this.#counts.set(key, count);
    }
    return count;
  }

  /** Permits at most: the limit, or as few as the server let in lately. */
  #most({ learned }: Count, limit: number): number {
    return learned === undefined || learned.until <= this.#clock.now() ? limit : Math.min(limit, learned.most);
  }
}

function permitsByHolder(permits: Iterable<string>): Map<string, number> {
  const byHolder = new Map<string, number>();
  for (const id of permits) byHolder.set(holderOf(id), (byHolder.get(holderOf(id)) ?? 0) + 1);
  return byHolder;
}

function holderOf(id: string): string {
  return id.slice(0, id.indexOf("."));
}
