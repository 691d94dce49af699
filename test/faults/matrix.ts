import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Witness } from "../bad-day/witness.ts";
import type { Cell, EmptyCell } from "./cell.ts";
import { cellsOf } from "./cell.ts";
import type { Ending } from "./ending.ts";
import type { Fault } from "./fault.ts";
import { Lanes } from "./lanes.ts";
import type { Phase } from "./phase.ts";
import { runCell } from "./run-cell.ts";
import { until } from "./settle.ts";
import type { FaultSite, Stage } from "./site.ts";

/** A square as it is reported. */
export interface ReportedCell {
  readonly scheme: string;
  readonly phase: Phase;
  readonly act: string;
  readonly fault: Fault;
  readonly ending: Ending;
}

declare module "vitest" {
  interface TaskMeta {
    faultCell?: ReportedCell;
    emptyCells?: { readonly scheme: string; readonly cells: readonly EmptyCell[] };
  }
}

/** Cells that run at a time. They wait for limits, most of them. */
const atOnce = 24;

/** All of a file's cells are started at its beginning, so that the last one may have waited for most of the others. */
const patienceMs = 240_000;

/** The tests of one scheme: one for each square of the matrix that makes sense. */
export function faultMatrix<S extends Stage>(site: FaultSite<S>): void {
  const { cells, empty } = cellsOf(site);

  describe(`faults over ${site.scheme}:`, () => {
    const outcomes = new Map<string, Promise<unknown>>();
    let witness: Witness;
    let before: Standing;

    beforeAll((_context, { tasks }) => {
      before = standing();
      witness = new Witness(site.secrets);
      const lanes = new Lanes(atOnce);
      const wanted = new Set(tasks.filter(({ mode }) => mode !== "skip").map(({ name }) => name));
      for (const cell of cells) {
        const run = (): Promise<void> => runCell(cell, site, witness);
        // Told by the test of this name.
        if (wanted.has(nameOf(cell))) outcomes.set(nameOf(cell), lanes.through(run).then(nothing, failure));
      }
    });

    for (const cell of cells) {
      const { scheme, phase, fault, act, ending } = cell;
      it(nameOf(cell), { timeout: patienceMs }, async ({ task }) => {
        task.meta.faultCell = { scheme, phase, fault, act: act.name, ending };
        const reason = await outcomes.get(nameOf(cell));
        if (reason !== undefined) throw reason;
      });
    }

    it("says why a square is empty, and has no name twice", ({ task }) => {
      task.meta.emptyCells = { scheme: site.scheme, cells: empty };
      for (const { because } of empty) expect(because).not.toBe("");
      expect(new Set(cells.map(nameOf)).size).toBe(cells.length);
    });

    it("says no secret, leaves no rejection unhandled, and nothing open", async () => {
      await Promise.all(outcomes.values());
      await witness.swear();
      await until(`there is no more than ${JSON.stringify(before)}, but ${JSON.stringify(standing())}`, () =>
        Object.entries(standing()).every(([name, count]) => count <= (before[name] ?? 0)),
      );
    });

    afterAll(async () => {
      await Promise.all(outcomes.values());
    });
  });
}

const nothing = (): undefined => undefined;
const failure = (reason: unknown): unknown => reason;

function nameOf({ phase, fault, act, ending }: Cell): string {
  return `${phase}, ${fault}: ${act.name} ${ending === "succeeds" ? "succeeds" : `ends in ${[ending.fails].flat().join(" or ")}`}`;
}

/** How many there are of whatever may be left: sockets, servers, files by their kind, and listeners on what everybody shares. */
type Standing = Readonly<Record<string, number>>;

function standing(): Standing {
  const count: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo())
    // The runner's own timers come and go.
    if (name !== "Timeout" && name !== "Immediate") count[name] = (count[name] ?? 0) + 1;
  for (const name of process.eventNames()) count[`process ${String(name)}`] = process.listenerCount(name);
  return count;
}
