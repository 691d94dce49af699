import type { Reporter, TestCase, TestModule } from "vitest/node";

import { findProgram, isRequired, obstacle, programNames, unknownNames } from "./find-servers.ts";

/** Ends a run with every real server that was found, every one that was not, and why tests were skipped. A missing one that is required fails the run. */
export default class ServerReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = ["", "Real servers and clients"];
    for (const name of programNames) {
      const problem = obstacle(name);
      if (problem !== undefined && isRequired(name)) process.exitCode = 1;
      const outcome = isRequired(name) ? `${problem}, and is required` : `${problem}: what needs it was skipped`;
      lines.push(`  ${name.padEnd(16)} ${problem === undefined ? findProgram(name) : outcome}`);
    }
    for (const name of unknownNames) {
      process.exitCode = 1;
      lines.push(`  ${name.padEnd(16)} required, but no test knows it`);
    }
    for (const [reason, count] of skipped(modules)) lines.push(`${count} skipped: ${reason}`);
    process.stdout.write(`${lines.join("\n")}\n`);
  }
}

/** How many tests were skipped for each reason. One that gives none is named itself. */
function skipped(modules: readonly TestModule[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const module of modules) {
    for (const test of module.children.allTests("skipped")) {
      const reason = reasonOf(test);
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  }
  return counts;
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  const note = result.state === "skipped" ? result.note : undefined;
  return note ?? /[([]skipped: ([^)\]]+)[)\]]/.exec(test.fullName)?.[1] ?? test.fullName;
}
