import { devNull } from "node:os";
import { fileURLToPath } from "node:url";

import { defineConfig } from "vitest/config";

const source = (file: string): string => fileURLToPath(new URL(`./src/${file}`, import.meta.url));

/** Where the results are also written as JSON, for a script that counts them. */
const report = process.env["SAMEWIRE_TEST_REPORT"];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^samewire$/, replacement: source("index.ts") },
      { find: /^samewire\/extend$/, replacement: source("extend.ts") },
      { find: /^samewire\/testing$/, replacement: source("testing.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    // Most tests wait for servers, which wait for disks and timers: a processor that is kept free for nobody would idle.
    maxWorkers: "100%",
    // What a developer's own surroundings say is no test's business.
    env: {
      NETRC: devNull,
      ...Object.fromEntries(
        ["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((name) => [
          [name, ""],
          [name.toUpperCase(), ""],
        ]),
      ),
    },
    testTimeout: 30_000,
    // Who polls waits for a state, however busy the machine is; its time limit is that of the test, with room to say what was waited for.
    expect: { poll: { timeout: 25_000 } },
    hookTimeout: 60_000,
    reporters: [
      "default",
      "./test/servers/server-reporter.ts",
      "./test/reuse/reuse-reporter.ts",
      "./test/faults/fault-reporter.ts",
      ...(report === undefined ? [] : ["json"]),
    ],
    ...(report === undefined ? {} : { outputFile: { json: report } }),
    coverage: { include: ["src/**"], reporter: ["text-summary", "html"] },
  },
});
