import type { TapDirection } from "samewire/testing";

import type { SoakPlace } from "./places/soak-place.ts";
import type { Random } from "./random.ts";

/** What is done to a server and the way to it. */
export const faultNames = ["reset", "close", "cut in the middle", "silence", "refused", "restart", "limit"] as const;
export type FaultName = (typeof faultNames)[number];

/** One fault. Counts are of operations that have settled at that server since the run began. */
export interface Fault {
  readonly name: FaultName;
  /** When it begins. */
  readonly at: number;
  /** How many operations later it is over, for one that lasts. */
  readonly lasts: number;
  /** For one in the middle: after how many bytes. For silence: whose; both where none is said. */
  readonly direction: TapDirection | undefined;
  readonly bytes: number;
}

/** How often each is chosen. What is silent is found out by a time limit alone, and takes its time. */
const weights = {
  reset: 6,
  close: 5,
  "cut in the middle": 6,
  silence: 2,
  refused: 2,
  restart: 4,
  limit: 3,
} as const satisfies Record<FaultName, number>;

/** The faults of a run, one after another, each at least as many operations after the end of the one before as it takes to be mended. */
function* planFaults(random: Random): Generator<Fault, never> {
  let at = 0;
  for (;;) {
    at += random.whole(40, 200);
    const name = random.weighted(weights);
    const fault = {
      name,
      at,
      lasts: lengthOf(name, random),
      direction: random.pick(["up", "down", undefined] as const),
      bytes: random.whole(1, 30_000),
    };
    yield fault;
    at += fault.lasts;
  }
}

/** What keeps operations from being done lasts for few of them, which fail; limits do not. */
function lengthOf(name: FaultName, random: Random): number {
  if (name === "limit") return random.whole(60, 200);
  return name === "silence" || name === "refused" || name === "restart" ? random.whole(1, 12) : 0;
}

/** Does the faults of a plan to a server as its operations settle. */
export class Saboteur {
  readonly counts = new Map<FaultName, number>();
  readonly #place: SoakPlace;
  readonly #plan: Generator<Fault, never>;
  readonly #random: Random;
  readonly #tell: (what: string) => void;
  #next: Fault;
  #lasting: { readonly until: number; readonly end: () => Promise<void> | void } | undefined;
  #settled = 0;
  /** What was begun and takes its time. */
  #working: Promise<void> = Promise.resolve();
  #busy = false;

  constructor(place: SoakPlace, random: Random, tell: (what: string) => void) {
    this.#place = place;
    this.#plan = planFaults(random.fork(0));
    this.#random = random.fork(1);
    this.#tell = tell;
    this.#next = this.#plan.next().value;
  }

  get injected(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** An operation has settled. */
  settled(): void {
    this.#settled++;
    this.#advance();
  }

  /** Puts an end to what lasts. */
  async end(): Promise<void> {
    await this.#working;
    await this.#lasting?.end();
    this.#lasting = undefined;
  }

  #advance(): void {
    if (this.#busy) return;
    const lasting = this.#lasting;
    if (lasting !== undefined) {
      if (this.#settled < lasting.until) return;
      this.#lasting = undefined;
      this.#do(lasting.end);
    } else if (this.#settled >= this.#next.at) {
      const fault = this.#next;
      this.#next = this.#plan.next().value;
      this.counts.set(fault.name, (this.counts.get(fault.name) ?? 0) + 1);
      this.#do(() => this.#begin(fault));
    }
  }

  /** Rejects nothing: a server that cannot be started is told of. */
  #do(work: () => Promise<void> | void): void {
    this.#busy = true;
    const done = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        this.#tell(`${this.#place.server}: ${String(error)}`);
      }
      this.#busy = false;
    };
    this.#working = done();
  }

  #last(fault: Fault, end: () => Promise<void> | void): void {
    this.#lasting = { until: this.#settled + fault.lasts, end };
  }

  async #begin(fault: Fault): Promise<void> {
    const { tap } = this.#place;
    switch (fault.name) {
      case "reset":
      case "close":
        return tap.sever(fault.name);
      case "cut in the middle":
        return tap.severAfter(fault.bytes, fault.direction ?? "down");
      case "silence":
        tap.stall(true, fault.direction);
        return this.#last(fault, () => tap.stall(false));
      case "refused":
        tap.refuse(true);
        tap.sever("reset");
        return this.#last(fault, () => tap.refuse(false));
      case "restart":
        await this.#place.crash();
        return this.#last(fault, () => this.#place.revive());
      case "limit":
        await this.#place.limit(this.#random);
        return this.#last(fault, () => this.#place.lift());
    }
  }
}
