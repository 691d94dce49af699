import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import * as samewire from "../../src/index.ts";
import type { CodeBlock } from "./pages.ts";
import { root } from "./pages.ts";

/** What every block may use without a word: the caller's list, and a transport, as pages call them. */
const given = `
declare const list: import("samewire").Transport[];
declare const scope: import("samewire").TransportScope;
declare const transport: import("samewire").Transport;
declare const url: string;
`;

/** One module: a block, and those that go on where it ended. */
type Module = readonly CodeBlock[];

/**
 * What the compiler says of blocks of code against the public entry points, each by the page and line that it concerns. All of them in one run, by the sources. Those that show a file of the repository
 * whole are compiled where it is.
 */
export function typeCheck(
  blocks: readonly CodeBlock[],
  shownWhole: ReadonlySet<string> = new Set(),
): readonly string[] {
  const build = fileURLToPath(new URL(".build/", root));
  mkdirSync(build, { recursive: true });
  const folder = mkdtempSync(join(build, "docs-"));
  try {
    const modules = modulesOf(blocks).filter(
      ([first, ...more]) => more.length > 0 || !shownWhole.has(first?.code.trim() ?? ""),
    );
    for (const [index, module] of modules.entries()) writeFileSync(join(folder, fileName(index)), textOf(module));
    writeFileSync(join(folder, "given.d.ts"), given);
    const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false, rootDir: "../.." };
    const config = { extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    return complaints(folder, modules);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function complaints(folder: string, modules: readonly Module[]): readonly string[] {
  const compiler = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root));
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [compiler, "-p", folder, "--noEmit", "--pretty", "false"],
    { encoding: "utf8", cwd: folder },
  );
  if (error !== undefined) throw error;
  if (status === 0) return [];
  const lines = `${stdout}${stderr}`.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => {
    const [, path = "", at = "", rest = ""] = /^(.*?)\((\d+),\d+\): (.*)$/.exec(line) ?? [];
    const module = modules.find((_, index) => fileName(index) === basename(path));
    return module === undefined ? line : `${module[0]?.page}:${at}: ${rest}`;
  });
}

function fileName(index: number): string {
  return `block-${index}.ts`;
}

function modulesOf(blocks: readonly CodeBlock[]): readonly Module[] {
  const modules: CodeBlock[][] = [];
  for (const block of blocks) {
    const last = modules.at(-1);
    if (!block.words.includes("continues")) modules.push([block]);
    else if (last?.[0]?.page === block.page) last.push(block);
    else throw new Error(`${block.page}:${block.line}: there is no block that it could continue`);
  }
  return modules;
}

/** A module with each line where its page has it. What is said for it stands where the fence was. */
function textOf(module: Module): string {
  const lines: string[] = [];
  for (const { line, code, given: more } of module) {
    while (lines.length < line - 2) lines.push("");
    lines.push(more);
    lines.push(...code.split("\n"));
  }
  return `${importOf(module.map(({ code, given: more }) => `${more}\n${code}`).join("\n"))} ${lines.join("\n")}\n`;
}

/** The public functions and classes that a fragment uses as if it had imported them. */
function importOf(code: string): string {
  const names = Object.keys(samewire).filter((name) => {
    const said = new RegExp(String.raw`\b(?:const|let|function|class)\s+${name}\b|import\s[^;]*\b${name}\b[^;]*from`);
    return new RegExp(String.raw`(?<![.\w])${name}\b`).test(code) && !said.test(code);
  });
  return `import { ${names.join(", ")} } from "samewire";`;
}
