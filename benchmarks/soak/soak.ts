import { setTimeout } from "node:timers/promises";

import { TransportScope } from "samewire";

import { Started } from "../sites/started.ts";
import { Budget } from "./crew.ts";
import { Ledger } from "./ledger.ts";
import { startDavPlace } from "./places/dav-place.ts";
import { startFtpPlace } from "./places/ftp-place.ts";
import { startSftpPlace } from "./places/sftp-place.ts";
import type { SoakPlace, SoakScheme } from "./places/soak-place.ts";
import { Random } from "./random.ts";
import type { SoakFigures } from "./report.ts";
import { SoakSite } from "./soak-site.ts";
import type { Vitals } from "./vitals.ts";
import { growth, takeVitals } from "./vitals.ts";
import { Watchdog } from "./watchdog.ts";
import { WireCount } from "./wire-count.ts";

export interface SoakSettings {
  readonly seed: number;
  readonly minutes: number;
  /** At most; the time may be over before. */
  readonly operations: number;
  /** Over all servers. */
  readonly clones: number;
  readonly schemes: readonly SoakScheme[];
  /** Servers in this process, also where real ones are installed. */
  readonly embedded: boolean;
  /** Is told how far it is, once a second, and what is wrong at once. */
  readonly progress: (line: string) => void;
}

const starters: Readonly<Record<SoakScheme, (embedded: boolean) => Promise<SoakPlace>>> = {
  sftp: startSftpPlace,
  ftp: startFtpPlace,
  dav: startDavPlace,
};

/** Beyond it nothing waits for a limit any more: a tree of three files may wait for several, one after another. */
const settlesWithinMs = 90_000;

/** A run that is shorter is all beginning: a program that has just started grows. */
const leastForMemory = 20_000;
const mostMemoryGrowth = 0.1;

/** How long both ends of a connection take to end once one of them was closed. */
const endsWithinMs = 5_000;

/** Runs it all. Never rejects for what goes wrong on the way: that is in the figures. */
export async function soak(settings: SoakSettings): Promise<SoakFigures> {
  await using started = new Started();
  const places: SoakPlace[] = [];
  for (const scheme of settings.schemes) places.push(started.add(await starters[scheme](settings.embedded)));
  return await new Soak(settings, places).run();
}

class Soak {
  readonly #settings: SoakSettings;
  readonly #ledger: Ledger;
  readonly #budget: Budget;
  readonly #watchdog: Watchdog;
  readonly #lasting = new AbortController();
  readonly #scope = new TransportScope();
  readonly #wires: WireCount;
  readonly #sites: readonly SoakSite[];
  /** Resolves when something never settles: whoever waited for it would wait for ever. */
  readonly #stuck: Promise<void>;
  #isStuck = false;
  #quarter: Vitals | undefined;

  constructor(settings: SoakSettings, places: readonly SoakPlace[]) {
    const { seed, minutes, operations, clones, progress } = settings;
    this.#settings = settings;
    this.#ledger = new Ledger((what) => progress(`WRONG ${what}`));
    this.#budget = new Budget(operations, minutes * 60_000);
    let give = (): void => undefined;
    this.#stuck = new Promise((resolve) => (give = resolve));
    this.#watchdog = new Watchdog(settlesWithinMs, (what) => {
      this.#ledger.wrong(what);
      this.#isStuck = true;
      this.#budget.end();
      give();
    });
    this.#wires = new WireCount(places, (what) => this.#ledger.wrong(what));
    const run = { ledger: this.#ledger, watchdog: this.#watchdog, lasting: this.#lasting.signal };
    const random = new Random(seed);
    this.#sites = places.map((place, at) => {
      const share = Math.ceil(clones / places.length);
      return new SoakSite(place, {
        clones: share,
        scope: this.#scope,
        budget: this.#budget,
        random: random.fork(at),
        run,
      });
    });
  }

  async run(): Promise<SoakFigures> {
    const onUnhandled = (reason: unknown): void =>
      this.#ledger.wrong(`an unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}`);
    const onWarning = (warning: Error): void => this.#ledger.wrong(`a warning: ${warning.stack}`);
    process.on("unhandledRejection", onUnhandled).on("warning", onWarning);
    const telling = setInterval(() => this.#tell(), 1_000);
    try {
      await Promise.race([this.#work(), this.#stuck]);
      const tookMs = this.#budget.elapsedMs;
      for (const { saboteur } of this.#sites) await saboteur.end();
      const end = await takeVitals(this.#lasting.signal);
      this.#compare(end);
      await this.#verify();
      await this.#close();
      return this.#figures(tookMs, end);
    } finally {
      clearInterval(telling);
      this.#watchdog.stop();
      this.#wires.stop();
      process.off("unhandledRejection", onUnhandled).off("warning", onWarning);
    }
  }

  async #work(): Promise<void> {
    await Promise.all([...this.#sites.map(({ crew }) => crew.run()), this.#lookAtQuarter()]);
  }

  /** Everybody rests for a moment, so that what this process has is what it keeps. */
  async #lookAtQuarter(): Promise<void> {
    while (this.#budget.share < 0.25) await setTimeout(20);
    await Promise.all(this.#sites.map(({ crew }) => crew.rest()));
    for (const { saboteur } of this.#sites) await saboteur.end();
    this.#quarter = await takeVitals(this.#lasting.signal);
    for (const { crew } of this.#sites) crew.resume();
  }

  #compare(end: Vitals): void {
    if (this.#quarter === undefined || this.#isStuck) return;
    for (const grown of growth(this.#quarter, end)) this.#ledger.wrong(`from a quarter to the end ${grown}`);
    // Servers in this process keep their files in its memory, of which there are ever more.
    const isOwnAlone = !this.#sites.some(({ place }) => place.server.startsWith("embedded-"));
    const share = end.residentBytes / this.#quarter.residentBytes - 1;
    if (isOwnAlone && this.#ledger.operations >= leastForMemory && share > mostMemoryGrowth)
      this.#ledger.wrong(`resident memory grew by ${(share * 100).toFixed(1)} % from a quarter to the end`);
  }

  /** What was acknowledged is there: as the library sees it, and as it is on the servers' disks. */
  async #verify(): Promise<void> {
    if (!this.#isStuck) await Promise.race([Promise.all(this.#sites.map((site) => site.reread())), this.#stuck]);
    for (const site of this.#sites) await site.look();
  }

  /** Nothing is left of the wires once their scope is closed. */
  async #close(): Promise<void> {
    await this.#scope.close();
    if (this.#wires.open !== 0) this.#ledger.wrong(`${this.#wires.open} wires are open after the end`);
    for (const { place } of this.#sites) {
      for (let waited = 0; place.tap.open > 0 && waited < endsWithinMs; waited += 50) await setTimeout(50);
      if (place.tap.open > 0)
        this.#ledger.wrong(`${place.tap.open} connections to ${place.server} are open after the end`);
    }
  }

  #tell(): void {
    const { operations, wrongCount } = this.#ledger;
    const injected = this.#sites.reduce((sum, { saboteur }) => sum + saboteur.injected, 0);
    const parts = [
      `${Math.round(this.#budget.elapsedMs / 1_000)} s`,
      `${operations} operations`,
      `${injected} faults`,
      `${this.#watchdog.running} under way`,
      ...(wrongCount > 0 ? [`${wrongCount} WRONG`] : []),
    ];
    this.#settings.progress(parts.join(", "));
  }

  #figures(tookMs: number, end: Vitals): SoakFigures {
    return {
      seed: this.#settings.seed,
      ledger: this.#ledger,
      tookMs,
      clones: this.#sites.reduce((sum, { crew }) => sum + crew.clones.length, 0),
      sites: this.#sites.map(({ place, saboteur }) => ({
        scheme: place.scheme,
        server: place.server,
        mostWires: place.mostWires,
        faults: saboteur.counts,
        wires: this.#wires.figures(place),
      })),
      quarter: this.#quarter,
      end,
    };
  }
}
