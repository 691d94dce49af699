import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { matchesPattern, matchesPatterns } from "../../../src/schemes/sftp/host-pattern.ts";

describe("host patterns", () => {
  it("match what the same pattern as a regular expression matches", () => {
    const texts = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 8 });
    const patterns = fc.string({ unit: fc.constantFrom("a", "b", ".", "*", "?"), maxLength: 8 });
    fc.assert(
      fc.property(texts, patterns, (text, pattern) => {
        const expression = pattern
          .replaceAll(".", String.raw`\.`)
          .replaceAll("?", ".")
          .replaceAll("*", ".*");
        expect(matchesPattern(text, pattern)).toBe(new RegExp(`^${expression}$`).test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("a negated pattern rules out, wherever it stands, and never includes", () => {
    expect(matchesPatterns("a.x", ["*.x", "!a.*"])).toBe(false);
    expect(matchesPatterns("a.x", ["!a.*", "*.x"])).toBe(false);
    expect(matchesPatterns("b.x", ["!a.*", "*.x"])).toBe(true);
    expect(matchesPatterns("b.x", ["!a.*"])).toBe(false);
    expect(matchesPatterns("b.x", [])).toBe(false);
  });
});
