import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Reporter, TestModule } from "vitest/node";

import type { SchemeReport } from "./fault-report.ts";
import { withReports } from "./fault-report.ts";

const page = fileURLToPath(new URL("../../docs/reliability.md", import.meta.url));

/** Set to write what a run has found into the page. */
const writes = process.env["SAMEWIRE_WRITE_FAULTS"] === "1";

/** Ends a run with the fault matrix in figures, where any of it ran. A page that says something else than the run has found fails the run. */
export default class FaultReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const runs = modules.map(runOf).filter((run) => run !== undefined);
    if (runs.length === 0) return;
    const width = Math.max(...runs.map(({ scheme }) => scheme.length));
    const sum = (count: (run: SchemeReport) => number): number => runs.reduce((total, run) => total + count(run), 0);
    const lines = [
      "",
      `Faults: ${sum(({ tried }) => tried.length)} cells tried, ${sum(({ passed }) => passed)} passed`,
    ];
    for (const { scheme, tried, passed } of runs)
      lines.push(`  ${scheme.padEnd(width)}  ${tried.length} tried, ${passed} passed`);
    const found = runs.filter(({ whole }) => whole);
    const says = readFileSync(page, "utf8");
    const shouldSay = withReports(says, found);
    if (writes) writeFileSync(page, shouldSay);
    else if (shouldSay !== says) {
      process.exitCode = 1;
      lines.push(
        "docs/reliability.md says something else than was found. To write it anew:",
        "  SAMEWIRE_WRITE_FAULTS=1 npm run test:faults",
      );
    }
    process.stdout.write(`${lines.join("\n")}\n`);
  }
}

/** What a file has found of its scheme; `whole` where each of its cells ran and passed. Undefined where the file is none of the matrix. */
function runOf(module: TestModule): (SchemeReport & { readonly whole: boolean }) | undefined {
  const tests = [...module.children.allTests()];
  const cells = tests.flatMap((test) => {
    const { faultCell } = test.meta();
    return faultCell === undefined ? [] : [{ ...faultCell, passed: test.ok() && test.result().state === "passed" }];
  });
  const [first] = cells;
  if (first === undefined) return undefined;
  const [empty = []] = tests.flatMap((test) => {
    const { emptyCells } = test.meta();
    return emptyCells === undefined ? [] : [emptyCells];
  });
  return {
    scheme: first.scheme,
    tried: cells,
    passed: cells.filter(({ passed }) => passed).length,
    empty,
    whole: tests.every((test) => test.result().state === "passed"),
  };
}
