import { describe, expect, it } from "vitest";

import type { ReportedCell } from "./fault-report.ts";
import { withReports } from "./fault-report.ts";

const page = (matrix: string): string =>
  `before\n\n<!-- The matrix: written by the run. -->\n\n${matrix}\n\n<!-- The end of the matrix. -->\n\nafter\n`;

const cell = (scheme: string, fault: ReportedCell["fault"], rest: Partial<ReportedCell> = {}): ReportedCell => ({
  scheme,
  fault,
  phase: "request",
  act: "stat",
  ending: "succeeds",
  ...rest,
});

const lost: ReportedCell["ending"] = { fails: "connection-lost", effect: "unknown" };

describe("the page of the fault matrix", () => {
  const one = {
    scheme: "one",
    tried: [cell("one", "reset"), cell("one", "half", { ending: lost })],
    passed: 2,
    empty: [],
  };
  const other = { scheme: "other", tried: [cell("other", "fin")], passed: 1, empty: [] };

  it("has a table for each scheme, and their sum", () => {
    const text = withReports(page(""), [other, one]);
    expect(text).toContain("**3 cells tried, 3 passed**, over 2 kinds of connection.");
    expect(text).toContain("| request: stat | ok | – | – | – | `connection-lost` ? | – | – |");
    expect(text.indexOf("### `one`")).toBeLessThan(text.indexOf("### `other`"));
    expect([text.startsWith("before\n"), text.endsWith("\nafter\n")]).toEqual([true, true]);
    expect(withReports(text, [one])).toBe(text);
  });

  it("keeps what it has of schemes that did not run", () => {
    const before = withReports(page(""), [one, other]);
    const text = withReports(before, [{ ...one, tried: one.tried.slice(0, 1), passed: 1 }]);
    expect(text).toContain("**2 cells tried, 2 passed**");
    expect(text).toContain("| request: stat | – | ok | – | – | – | – | – |");
    expect(text).not.toContain("connection-lost");
  });

  it("says why a square is empty, and why one is its own", () => {
    const tried = [cell("one", "reset", { because: "it is another" })];
    const empty = [{ phase: "close", faults: ["drip"], because: "nothing is said any more" }] as const;
    const text = withReports(page(""), [{ scheme: "one", tried, passed: 1, empty }]);
    expect(text).toContain("- reset: it is another");
    expect(text).toContain("- close (drip): nothing is said any more");
  });
});
