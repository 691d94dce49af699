import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const docs = join(root, "docs");
const page = readFileSync(join(docs, "advisories.md"), "utf8");

interface Row {
  readonly packages: string;
  readonly ids: readonly string[];
  /** A version, of the package of the section or of one that is named. */
  readonly fixedIn: string;
  readonly here: string;
  /** The path of the file that tries it; empty where there is none. */
  readonly test: string;
}

function rowsOf(text: string): Row[] {
  return text.split(/^## /m).flatMap((section) => {
    const [packages = ""] = section.split("\n", 1);
    return [...section.matchAll(/^\| ((?:GHSA|CVE)-.*) \|$/gm)].map(([, line = ""]) => {
      const [ids = "", , fixedIn = "", here = "", link = ""] = line.split(" | ");
      const [, test = ""] = /\]\(([^)]+)\)/.exec(link) ?? [];
      return { packages, ids: ids.match(/(?:GHSA|CVE)-[\w-]+/g) ?? [], fixedIn, here, test };
    });
  });
}

const rows = rowsOf(page);

function versionOf(name: string): number[] {
  // Not by its exports, which may keep it to themselves.
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const file = paths.map((path) => join(path, name, "package.json")).find((path) => existsSync(path));
  const { version } = JSON.parse(readFileSync(file ?? expect.unreachable(name), "utf8")) as { version: string };
  return partsOf(version);
}

function partsOf(version: string): number[] {
  return version.split(".").map(Number);
}

function isOlder(one: readonly number[], other: readonly number[]): boolean {
  const at = other.findIndex((part, index) => part !== one[index]);
  return at >= 0 && (one[at] ?? 0) < (other[at] ?? 0);
}

describe("the page of advisories", () => {
  it("knows every package that is installed with samewire", () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<
      "dependencies" | "peerDependencies",
      Record<string, string>
    >;
    const known = [...page.matchAll(/^## (.*)$/gm)].flatMap(([, names = ""]) => names.split(", "));
    expect(known.toSorted()).toEqual(Object.keys({ ...dependencies, ...peerDependencies }).toSorted());
  });

  it("has the advisories that it is about", () => {
    expect(rows.length).toBeGreaterThan(25);
    expect(new Set(rows.flatMap(({ ids }) => ids)).size).toBe(rows.flatMap(({ ids }) => ids).length);
  });

  it.each(rows)("$ids is mended in what is installed, and tried where it can be reached", (row) => {
    const [name = row.packages, fixed = row.fixedIn] = row.fixedIn.includes(" ") ? row.fixedIn.split(" ") : [];
    expect(fixed).toMatch(/^\d+\.\d+\.\d+$/);
    expect(isOlder(versionOf(name), partsOf(fixed)), `${name} is older than ${fixed}`).toBe(false);
    if (row.test === "") return expect(row.here).toMatch(/cannot be reached|no decision/);
    const file = join(docs, row.test);
    expect(existsSync(file), row.test).toBe(true);
    if (dirname(file).endsWith("advisories"))
      expect(
        row.ids.some((id) => readFileSync(file, "utf8").includes(id)),
        `${row.test} tries ${row.ids.join(", ")}`,
      ).toBe(true);
  });
});

it("the page of what curl had to learn names files that there are", () => {
  const reuse = readFileSync(join(docs, "reuse-advisories.md"), "utf8");
  const links = [...reuse.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
  expect(links.length).toBeGreaterThan(20);
  for (const link of links) expect(existsSync(join(docs, link)), link).toBe(true);
  const ids = reuse.match(/CVE-[\d-]+/g) ?? [];
  expect(new Set(ids).size).toBe(ids.length);
});
