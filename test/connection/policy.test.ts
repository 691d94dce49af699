import { describe, expect, it } from "vitest";

import { connectionPolicy } from "../../src/connection/policy.ts";

describe("limits", () => {
  it.each([
    ["connectTimeoutMs", Number.NaN],
    ["silenceTimeoutMs", -1],
    ["connections", 0],
    ["idleTimeoutMs", "60" as unknown as number],
  ])("that are no numbers are refused: %s %s", (name, value) => {
    expect(() => connectionPolicy({ [name]: value })).toThrow(
      expect.objectContaining({
        code: "range-not-satisfiable",
        message: expect.stringMatching(`^\\[range-not-satisfiable\\] ${name} must be`) as string,
      }),
    );
  });
});
