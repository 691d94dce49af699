import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import * as defaults from "../../src/connection/defaults.ts";
import { commonDeclarations } from "../../src/transport/option-declarations.ts";

const page = readFileSync(new URL("../../docs/time-limits.md", import.meta.url), "utf8");

/** The rows of its tables: name, default, and whether it is an option. */
const rows = [...page.matchAll(/^\| `(\w+)` \| ([\d,]+) \| (yes|no) \|/gm)].map(
  ([, name = "", number = "", option]) => ({
    name,
    value: Number(number.replaceAll(",", "")),
    option: option === "yes",
  }),
);

describe("docs/time-limits.md", () => {
  it("has every default that is a time, with its number, once", () => {
    const times = Object.entries(defaults).filter(([name]) => name.endsWith("Ms"));
    expect(Object.fromEntries(rows.map(({ name, value }) => [name, value]))).toEqual(Object.fromEntries(times));
    expect(rows).toHaveLength(times.length);
  });

  it("says of each whether it is an option", () => {
    for (const { name, option } of rows)
      expect([name, option]).toEqual([name, Object.hasOwn(commonDeclarations, name)]);
  });

  it("says the others, too", () => {
    expect(page).toContain(`\`connections\` (${defaults.connections})`);
    expect(page).toContain(`\`maxQueuedLeases\` (${defaults.maxQueuedLeases.toLocaleString("en-US")})`);
  });
});
