import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { defaultRegistry } from "../../src/samewire.ts";
import type { WiredSchemeName } from "../../src/transport/option-declarations.ts";
import { schemeDeclarations } from "../../src/transport/option-declarations.ts";
import { caseOfOption } from "./matrix/case-of-option.ts";
import { optionsOf } from "./matrix/matrix.ts";
import "./matrix/reuse-meta.ts";

const schemes = Object.keys(schemeDeclarations) as WiredSchemeName[];

/** The file that has a case's tests on a scheme, or why the case does not concern it. */
type Cell = { readonly file: string } | { readonly unconcerned: string };
type Row = Readonly<Record<WiredSchemeName, Cell>>;

const inFile = (file: string): Cell => ({ file });
const own: Row = {
  memory: { unconcerned: "a store of this process has no address" },
  sftp: inFile("sftp-cases"),
  ftp: inFile("ftp-cases"),
  ftps: inFile("ftp-cases"),
  http: inFile("http-cases"),
  https: inFile("http-cases"),
  dav: inFile("webdav-cases"),
  davs: inFile("webdav-cases"),
  s3: inFile("s3-cases"),
};
const everywhere = rowOf(() => inFile("required-cases"));

/** Tested through every option that belongs to the case. */
const throughOptions = (name: string): Row =>
  rowOf((scheme) =>
    identityOptions(scheme).some((option) => caseOfOption[option] === name)
      ? inFile(matrixFile[scheme])
      : { unconcerned: "the scheme has no such option" },
  );

const matrixFile: Readonly<Record<WiredSchemeName, string>> = {
  memory: "matrix-memory",
  sftp: "matrix-sftp",
  ftp: "matrix-ftp",
  ftps: "matrix-ftp",
  http: "matrix-http",
  https: "matrix-http",
  dav: "matrix-webdav",
  davs: "matrix-webdav",
  s3: "matrix-s3",
};

/** CONTRACT.md's required cases of reuse, and where each is tested on each scheme. */
const table: Readonly<Record<string, Row>> = {
  R1: everywhere,
  R2: everywhere,
  R3: everywhere,
  R4: everywhere,
  R5: everywhere,
  R6: own,
  R7: everywhere,
  R8: everywhere,
  R9: everywhere,
  R10: throughOptions("R10"),
  R11: throughOptions("R11"),
  R12: throughOptions("R12"),
  R13: throughOptions("R13"),
  R14: throughOptions("R14"),
  R15: everywhere,
  R16: throughOptions("R16"),
  R17: rowOf((scheme) =>
    scheme === "sftp" ? inFile("sftp-cases") : { unconcerned: "there are jump hosts on SSH only" },
  ),
  R18: { ...rowOf(() => inFile("socks-cases")), memory: { unconcerned: "nothing goes over a network" } },
  R19: everywhere,
  R20: everywhere,
  R21: everywhere,
  R22: everywhere,
  R23: everywhere,
  R24: everywhere,
  R25: everywhere,
  R26: everywhere,
};

describe("the required cases of reuse", () => {
  const titles = collectedTitles();

  it("are R1 to R26, and each has tests on every scheme that it concerns", ({ task }) => {
    expect(Object.keys(table)).toEqual(Array.from({ length: 26 }, (_, n) => `R${n + 1}`));
    const cells = Object.entries(table).flatMap(([name, row]) => Object.values(row).map((cell) => ({ name, cell })));
    for (const { name, cell } of cells) {
      if ("file" in cell && !cell.file.startsWith("matrix-"))
        expect(titles.get(cell.file) ?? [], `${name} in ${cell.file}`).toContain(name);
    }
    const tested = cells.filter(({ cell }) => "file" in cell).length;
    task.meta.requiredCases = `  R1–R26 on ${schemes.length} schemes: ${tested} tested, ${cells.length - tested} do not concern the scheme`;
  });

  it("are the only ones that tests are named for", () => {
    expect([...titles.values()].flat().filter((name) => !Object.hasOwn(table, name))).toEqual([]);
  });

  it("have every identity option of every scheme in one of them", () => {
    const options = new Set(schemes.flatMap(identityOptions));
    expect([...options].filter((option) => !Object.hasOwn(caseOfOption, option))).toEqual([]);
    expect(Object.keys(caseOfOption).filter((option) => !options.has(option))).toEqual([]);
  });

  it.each(Object.entries(matrixFile))("have a matrix of %s: in a file that runs", (scheme, file) => {
    expect(sourceOf(file)).toContain(`matrix("${scheme}", `);
  });

  it("know every scheme that is registered; file: alone has no wires", () => {
    const canonical = [...defaultRegistry.schemes].map(({ names: [name] }) => name);
    expect(new Set(canonical)).toEqual(new Set([...schemes, "file"]));
    for (const name of schemes) expect(defaultRegistry.scheme(name).options).toBe(schemeDeclarations[name]);
    expect("endpoint" in defaultRegistry.scheme("file")).toBe(false);
    expect(defaultRegistry.scheme("file").options).toEqual({});
  });
});

function rowOf(cell: (scheme: WiredSchemeName) => Cell): Row {
  return Object.fromEntries(schemes.map((scheme) => [scheme, cell(scheme)])) as Row;
}

function identityOptions(scheme: WiredSchemeName): string[] {
  return Object.entries(optionsOf(scheme)).flatMap(([option, { kind }]) => (kind === "identity" ? [option] : []));
}

function sourceOf(file: string): string {
  return readFileSync(new URL(`${file}.test.ts`, import.meta.url), "utf8");
}

/** The cases that the titles of tests begin with, by file. */
function collectedTitles(): Map<string, string[]> {
  const files = readdirSync(fileURLToPath(new URL(".", import.meta.url))).filter((name) => name.endsWith(".test.ts"));
  return new Map(
    files.map((file) => {
      const name = file.slice(0, -".test.ts".length);
      const beginnings = sourceOf(name).matchAll(/["`]((?:R\d+(?:, )?)+)[: ][^"`]*["`]/g);
      return [name, [...beginnings].flatMap(([, cases = ""]) => cases.split(", "))];
    }),
  );
}
