import { describe, expect, it } from "vitest";

import * as defaults from "../../src/connection/defaults.ts";
import type { EntryPoint } from "./reference/entry-page.ts";
import { entryPage } from "./reference/entry-page.ts";
import { publicNames } from "./reference/public-name.ts";

const entryPoints: readonly EntryPoint[] = [
  {
    name: "samewire",
    module: "src/index.ts",
    page: "docs/api/samewire.md",
    summary:
      "What programs use. Every verb takes `{ signal }`, and every failure is a [`TransportError`](#transporterror).",
  },
  {
    name: "samewire/extend",
    module: "src/extend.ts",
    page: "docs/api/extend.md",
    summary:
      "What authors of schemes, decorators and pools use: see [Adding a scheme](../adding-a-scheme.md) and [Decorators](../decorators.md).",
  },
  {
    name: "samewire/testing",
    module: "src/testing.ts",
    page: "docs/api/testing.md",
    summary: "What tests use: the conformance suite, servers in the process, and transports that fail on purpose.",
  },
];

describe.each(entryPoints)("the reference of $name", (entry) => {
  const names = publicNames(entry.module);

  it("has a docstring for every name and every member of it", () => {
    const silent = names.flatMap(({ name, path, doc, members }) => [
      ...(doc === "" ? [`${path}: ${name}`] : []),
      ...members.filter((member) => member.doc === "").map((member) => `${path}: ${name}.${member.name}`),
    ]);
    expect(silent).toEqual([]);
  });

  it("is the committed page; npm run reference writes it", async () => {
    await expect(entryPage(entry, names)).toMatchFileSnapshot(`../../${entry.page}`);
  });
});

it("the reference says the default of every limit that is an option, with its unit", () => {
  const options = publicNames("src/index.ts").find(({ name }) => name === "TransportOptions");
  const limits = (options?.members ?? []).flatMap(({ name, doc }) => {
    const value = (defaults as Readonly<Record<string, number>>)[name];
    return value === undefined ? [] : [{ name, doc, said: `Default ${value.toLocaleString("en-US")}` }];
  });
  expect(limits.length).toBeGreaterThan(15);
  expect(limits.filter(({ doc, said }) => !doc.includes(said)).map(({ name, said }) => `${name}: ${said}`)).toEqual([]);
});
