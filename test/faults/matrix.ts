import type { RunnerTestCase as Test, RunnerTestSuite as Suite } from "vitest";
import { describe, expect, it } from "vitest";

import { TransportScope } from "../../src/index.ts";
import { Witness } from "../bad-day/witness.ts";
import type { Cell, EmptyCell } from "./cell.ts";
import { cellsOf } from "./cell.ts";
import type { ReportedCell } from "./fault-report.ts";
import { Lanes } from "./lanes.ts";
import { runCell } from "./run-cell.ts";
import { until } from "./settle.ts";
import type { FaultSite, Stage } from "./site.ts";

declare module "vitest" {
  interface TaskMeta {
    faultCell?: ReportedCell;
    emptyCells?: readonly EmptyCell[];
  }
}

/** Cells that run at a time. They wait for limits, most of them. */
const atOnce = 24;
const apartMs = 50;

/** All of a file's cells are started at its beginning, so that the last one may have waited for most of the others. */
const patienceMs = 240_000;

/** The tests of one scheme: one for each square of the matrix that makes sense. */
export function faultMatrix<S extends Stage>(site: FaultSite<S>): void {
  const { cells, empty } = cellsOf(site);

  describe(`faults over ${site.scheme}:`, () => {
    let running: Running | undefined;
    /** All cells that are wanted are started by the first one. */
    const started = ({ suite }: Readonly<Test>): Running => (running ??= start(site, cells, suite));

    for (const cell of cells) {
      const { act, ...square } = cell;
      it(nameOf(cell), { timeout: patienceMs }, async ({ task }) => {
        task.meta.faultCell = { ...square, act: act.name };
        const { outcomes } = started(task);
        const reason = await (outcomes.get(nameOf(cell)) ?? expect.unreachable("it was not started"));
        if (reason !== undefined) throw reason;
      });
    }

    it("says why a square is empty, and has no name twice", ({ task }) => {
      task.meta.emptyCells = empty;
      for (const { because } of empty) expect(because).not.toBe("");
      expect(new Set(cells.map((cell) => nameOf(cell))).size).toBe(cells.length);
    });

    it("says no secret, leaves no rejection unhandled, and nothing open", { timeout: patienceMs }, async ({ task }) => {
      const { outcomes, witness, before, warnings } = started(task);
      await Promise.all(outcomes.values());
      process.off("warning", warnings.hear);
      expect(warnings.heard).toEqual([]);
      await witness.swear();
      await until("no more is open than before", () => moreThan(before).length === 0).catch(nothing);
      expect(moreThan(before)).toEqual([]);
    });
  });
}

interface Running {
  /** What each cell failed with, by the name of its test; undefined where it passed. */
  readonly outcomes: ReadonlyMap<string, Promise<unknown>>;
  readonly witness: Witness;
  readonly before: Standing;
  readonly warnings: Warnings;
}

/** Of Node, about an emitter with too many listeners, or a timer that is none. What packages use that grows old is not the matrix's business. */
const ours = /^(?:MaxListeners|Timeout)/;

interface Warnings {
  readonly heard: string[];
  readonly hear: (warning: Error) => void;
}

function start<S extends Stage>(site: FaultSite<S>, cells: readonly Cell<S>[], suite: Suite | undefined): Running {
  const before = standing();
  const heard: string[] = [];
  const warnings: Warnings = {
    heard,
    hear: ({ name, message }) => void (ours.test(name) && heard.push(`${name}: ${message}`)),
  };
  process.on("warning", warnings.hear);
  const witness = new Witness(site.secrets);
  const lanes = new Lanes(site.atOnce ?? atOnce, apartMs);
  const left = new Set(suite?.tasks.filter(({ mode }) => mode === "skip").map(({ name }) => name));
  const wanted = cells.filter((cell) => !left.has(nameOf(cell)));
  const ready = warmUp(site);
  const run = async (cell: Cell<S>): Promise<void> => {
    await ready;
    await lanes.through(() => runCell(cell, site, witness));
  };
  const outcomes = wanted.map((cell) => {
    const outcome = run(cell).then(nothing, (reason: unknown) => reason);
    return [nameOf(cell), outcome] as const;
  });
  return { outcomes: new Map(outcomes), witness, before, warnings };
}

/** What a server and a client need is loaded before anybody's clock runs. */
async function warmUp<S extends Stage>(site: FaultSite<S>): Promise<void> {
  const stage = await site.open();
  await using scope = new TransportScope();
  await stage.works(scope.getTransport(stage.url, stage.options), "before");
  await scope.close();
  await stage.close();
}

const nothing = (): undefined => undefined;

function nameOf<S extends Stage>({ phase, fault, act, ending }: Cell<S>): string {
  const ends = ending === "succeeds" ? "succeeds" : `ends in ${[ending.fails].flat().join(" or ")}`;
  return `${phase}, ${fault}: ${act.name} ${ends}`;
}

/** How many there are of whatever may be left: sockets, servers, files by their kind, and listeners on what everybody shares. */
type Standing = Readonly<Record<string, number>>;

/** What there is more of than before. */
function moreThan(before: Standing): string[] {
  return Object.entries(standing()).flatMap(([name, count]) =>
    count > (before[name] ?? 0) ? [`${name}: ${count}, before ${before[name] ?? 0}`] : [],
  );
}

function standing(): Standing {
  const count: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo())
    // The runner's own timers come and go.
    if (name !== "Timeout" && name !== "Immediate") count[name] = (count[name] ?? 0) + 1;
  for (const name of process.eventNames()) count[`process ${String(name)}`] = process.listenerCount(name);
  return count;
}
