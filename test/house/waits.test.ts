import { readFileSync, readdirSync } from "node:fs";

import { expect, it } from "vitest";

/** Who looks at the machine's own clock, and why: nothing of it limits, delays or repeats what is done on a connection. */
const exempt: Readonly<Record<string, string>> = {
  "connection/clock.ts": "it is the machine's own clock",
  "cli/progress.ts": "tells a person how long it took",
  "decorators/recording.ts": "tells how long a call took",
  "drivers/netrc.ts": "how long a file that was read counts as unchanged",
  "drivers/reading-much.ts": "measures how fast bytes come",
  "drivers/ssh2-login.ts": "measures the round trip",
  "operations/progress-meter.ts": "tells how fast a copy is",
  "schemes/sftp/ssh-config.ts": "how long a file that was read counts as unchanged",
  "transport/flow.ts": "measures the round trip",
};

const waits =
  /\b(?:setTimeout|setInterval)\(|setTimeout.*timers\/promises|performance\.now\(|Date\.now\(|AbortSignal\.timeout\(/;

it("whatever waits on a connection asks the clock that it was given", () => {
  const root = new URL("../../src/", import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts") && !file.startsWith("testing/"));
  const waiting = files.filter((file) => waits.test(readFileSync(new URL(file, root), "utf8")));
  expect(waiting.toSorted()).toEqual(Object.keys(exempt).toSorted());
});
