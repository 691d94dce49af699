import { describe, expect, it } from "vitest";

import type { Machine } from "../../benchmarks/machine.ts";
import { withReports } from "../../benchmarks/report/markdown.ts";

const machine: Machine = {
  date: "2026-11-21T12:00:00.000Z",
  system: "Linux",
  processor: "2 × some",
  memoryGiB: 24,
  node: "v20.20.2",
  openssl: "3.0",
  packages: { samewire: "0.1.0" },
  peers: {},
  openssh: "OpenSSH_9.2p1",
  vsftpd: undefined,
};

const run = { name: "stats", machine, tookMs: 12_345, text: "  client  ms\n  ------  --\n  samewire $& $1 9" };

const document = `# Title

<!-- bench stats -->
old
<!-- end of stats -->

Between.

<!-- bench slow-readers -->
kept
<!-- end of slow-readers -->
`;

describe("the report", () => {
  it("puts what was printed into its place, with machine, versions and date, and leaves the rest as it is", () => {
    const { markdown, renewed, kept } = withReports(document, [run]);
    expect([renewed, kept]).toEqual([["stats"], ["slow-readers"]]);
    expect(markdown).toContain("client  ms\n------  --\nsamewire $& $1 9\n```");
    expect(markdown).toContain("2026-11-21T12:00:00.000Z, Linux, 2 × some, 24 GiB");
    expect(markdown).toContain("npm run bench -- stats: 13 s");
    expect(markdown).not.toContain("old");
    expect(markdown).toContain("\nBetween.\n\n<!-- bench slow-readers -->\nkept\n<!-- end of slow-readers -->\n");
  });

  it("written twice is the same as written once", () => {
    const once = withReports(document, [run]).markdown;
    expect(withReports(once, [run]).markdown).toBe(once);
  });

  it("leaves alone what the document has no place for", () => {
    expect(withReports("# Title\n", [run])).toEqual({ markdown: "# Title\n", renewed: [], kept: [] });
  });
});
