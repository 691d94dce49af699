import type { Reporter } from "vitest/node";

import type { ProgramName } from "./find-servers.ts";
import { findProgram, isRequired, programs } from "./find-servers.ts";

/** Ends a run with every real server that was found, and every one that was not. */
export default class ServerReporter implements Reporter {
  onTestRunEnd(): void {
    const names = Object.keys(programs) as ProgramName[];
    const lines = names.map((name) => {
      const path = findProgram(name);
      if (path !== undefined) return `  found    ${name} (${path})`;
      return `  MISSING  ${name}: ${isRequired(name) ? "required, so its tests fail" : "the tests that need it were skipped"}`;
    });
    process.stdout.write(`\nReal servers and clients\n${lines.join("\n")}\n`);
  }
}
