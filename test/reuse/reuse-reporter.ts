import type { Reporter, TestModule } from "vitest/node";

import type { CountedReuse } from "./matrix/reuse-meta.ts";

/** Ends a run in which cases of the reuse matrix were tried with what they were and what the servers counted. */
export default class ReuseReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const cases: (CountedReuse & { readonly passed: boolean })[] = [];
    const lines: string[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { reuse, requiredCases } = test.meta();
        if (reuse !== undefined) cases.push({ ...reuse, passed: test.ok() });
        if (requiredCases !== undefined) lines.push(requiredCases);
      }
    }
    if (cases.length > 0) lines.unshift(...table(cases), ...unusual(cases));
    if (lines.length > 0) process.stdout.write(`${["", "Reuse", ...lines].join("\n")}\n`);
  }
}

type Counted = readonly (CountedReuse & { readonly passed: boolean })[];

function table(cases: Counted): string[] {
  const schemes = [...new Set(cases.map(({ scheme }) => scheme))].toSorted();
  const rows = schemes.map((scheme) => [scheme, cases.filter((one) => one.scheme === scheme)] as const);
  const head = ["scheme", "identity options", "policies, cosmetic", "cases", "passed", "wires counted"];
  return [head, ...rows.map(([scheme, counted]) => figures(scheme, counted)), figures("all", cases)].map(line);
}

function figures(scheme: string, counted: Counted): string[] {
  const optionsWith = (isIdentity: boolean): number =>
    new Set(
      counted
        .filter(({ kind }) => (kind === "identity") === isIdentity)
        .map(({ scheme: of, option }) => `${of} ${option}`),
    ).size;
  const passed = counted.filter((one) => one.passed).length;
  const wires = counted.reduce((sum, one) => sum + one.wires, 0);
  return [scheme, ...[optionsWith(true), optionsWith(false), counted.length, passed, wires].map(String)];
}

function line([scheme = "", ...numbers]: readonly string[]): string {
  return `  ${scheme.padEnd(8)}${numbers.map((number) => number.padStart(20)).join("")}`;
}

/** Options that are not tried as the others are, and why. */
function unusual(cases: Counted): string[] {
  const options = new Map<string, Set<string>>();
  for (const { scheme, option, unusual: why } of cases) {
    if (why === undefined) continue;
    const known = options.get(why) ?? new Set();
    options.set(why, known.add(`${scheme} ${option}`));
  }
  return [...options].map(([why, which]) => `  ${which.size} with a count of their own: ${why}`);
}
