import type { Ending } from "./ending.ts";
import { endings } from "./ending.ts";
import type { Fault } from "./fault.ts";
import { faults } from "./fault.ts";
import type { Phase } from "./phase.ts";
import { phases } from "./phase.ts";
import type { Act, FaultSite, Stage } from "./site.ts";

/** One square of the matrix: an act, a fault that strikes in the middle of it, and what that must end in. */
export interface Cell<S extends Stage = Stage> {
  readonly scheme: string;
  readonly phase: Phase;
  readonly fault: Fault;
  readonly act: Act<S>;
  readonly ending: Ending;
  /** Why it ends otherwise than what is done in the same manner over other schemes. */
  readonly because?: string;
}

/** A square that makes no sense. */
export interface EmptyCell {
  readonly phase: Phase;
  /** Empty where it is the whole phase. */
  readonly faults: readonly Fault[];
  readonly because: string;
}

/** All squares of a scheme, in order, and why the others are empty. */
export function cellsOf<S extends Stage>({
  scheme,
  phases: acts,
  exceptions = {},
}: FaultSite<S>): {
  readonly cells: readonly Cell<S>[];
  readonly empty: readonly EmptyCell[];
} {
  const cells: Cell<S>[] = [];
  const empty: EmptyCell[] = [];
  for (const phase of phases) {
    const { [phase]: planned } = acts;
    if (!isList(planned)) {
      empty.push({ phase, faults: [], because: planned.doesNotApply });
      continue;
    }
    for (const act of planned) {
      for (const fault of faults) {
        const exception = act.exceptions?.[fault] ?? exceptions[act.manner]?.[fault];
        const cell = { scheme, phase, fault, act };
        if (exception === undefined) cells.push({ ...cell, ending: endings[act.manner][fault] });
        else if (exception.ending === "does not apply") note(empty, phase, fault, exception.because);
        else cells.push({ ...cell, ending: exception.ending, because: exception.because });
      }
    }
  }
  return { cells, empty };
}

function note(empty: EmptyCell[], phase: Phase, fault: Fault, because: string): void {
  const at = empty.findIndex((cell) => cell.phase === phase && cell.because === because);
  const known = empty[at];
  if (known === undefined) empty.push({ phase, faults: [fault], because });
  else if (!known.faults.includes(fault)) empty[at] = { ...known, faults: [...known.faults, fault] };
}

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}
