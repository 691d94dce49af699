import type { TransportScope } from "samewire";

import type { Budget } from "./crew.ts";
import { Crew } from "./crew.ts";
import { Saboteur } from "./faults.ts";
import type { SoakPlace, SoakScheme } from "./places/soak-place.ts";
import type { Random } from "./random.ts";
import { rereadClone } from "./reread.ts";
import type { LeftDirectory, SoakRun } from "./soak-clone.ts";
import { SoakClone } from "./soak-clone.ts";
import { verifyDirectory } from "./verification.ts";

/** Operations under way at once. Those of FTP and HTTP/1.1 wait for one another. */
const atOnce: Readonly<Record<SoakScheme, number>> = { sftp: 24, ftp: 12, dav: 12 };

/** A directory that nobody uses any more is looked at once so many were left after it: what was on its way when it was left has arrived. */
const mostLeft = 100;

/** A server with all that is done there. */
export class SoakSite {
  readonly place: SoakPlace;
  readonly crew: Crew;
  readonly saboteur: Saboteur;
  readonly #run: SoakRun;
  readonly #left: LeftDirectory[] = [];
  /** One look after another, so that they do not keep the processor from what is measured. */
  #looking: Promise<void> = Promise.resolve();

  constructor(
    place: SoakPlace,
    how: {
      readonly clones: number;
      readonly scope: TransportScope;
      readonly budget: Budget;
      readonly random: Random;
      readonly run: Omit<SoakRun, "left" | "forgetsLocks">;
    },
  ) {
    const { scope, random } = how;
    this.place = place;
    this.#run = { ...how.run, forgetsLocks: place.forgetsLocks, left: (directory) => this.#leave(directory) };
    this.saboteur = new Saboteur(place, random.fork(-1), (what) => how.run.ledger.wrong(what));
    const root = scope.getTransport(place.root, place.options);
    const clones = Array.from({ length: how.clones }, (_, number) => {
      const path = `clone-${String(number).padStart(4, "0")}`;
      // As code that has the transport does it, and as code does that has nothing but a URL and the scope.
      const home = number % 2 === 0 ? root.clone(path) : scope.getTransport(`${place.root}${path}/`);
      return new SoakClone(`${place.scheme} clone ${number}`, home, path, random.fork(number), this.#run);
    });
    this.crew = new Crew(clones, {
      budget: how.budget,
      random: random.fork(-2),
      atOnce: atOnce[place.scheme],
      settled: () => this.saboteur.settled(),
    });
  }

  /** Reads again, by the library, all that must be there. */
  async reread(): Promise<void> {
    const clones = this.crew.clones.values();
    const lanes = Array.from({ length: atOnce[this.place.scheme] }, async () => {
      for (const clone of clones) await rereadClone(clone, this.#run);
    });
    await Promise.all(lanes);
  }

  /** Looks at all that must be there, and at all of which nobody knows, from the other side. */
  async look(): Promise<void> {
    await this.#looking;
    for (const left of this.#left.splice(0)) await this.#lookAt(left);
    for (const { here } of this.crew.clones)
      if (here !== undefined) await verifyDirectory(this.place.disk, here, this.#run.ledger);
  }

  #leave(directory: LeftDirectory): void {
    this.#left.push(directory);
    if (this.#left.length <= mostLeft) return;
    const oldest = this.#left.shift() as LeftDirectory;
    this.#looking = this.#looking.then(() => this.#lookAt(oldest));
  }

  async #lookAt(left: LeftDirectory): Promise<void> {
    const { ledger } = this.#run;
    try {
      await verifyDirectory(this.place.disk, left, ledger);
      await this.place.disk.remove(left.directory);
    } catch (error) {
      ledger.wrong(`cannot look at ${left.directory}: ${String(error)}`);
    }
  }
}
