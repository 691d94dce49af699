import { expect, it } from "vitest";

import { left, right, table } from "../../benchmarks/table.ts";

it("a table has columns as wide as their widest cell, and no spaces at the ends of lines", () => {
  expect(
    table(
      [left("chain"), right("n"), left("")],
      [
        ["push", "12", ""],
        ["bound push", "3", "!"],
      ],
    ),
  ).toBe(["  chain        n", "  ----------  --  -", "  push        12", "  bound push   3  !"].join("\n"));
});
