import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
let folder = "";

beforeAll(() => {
  mkdirSync(join(root, ".build"), { recursive: true });
  folder = mkdtempSync(join(root, ".build/declarations-"));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const args = ["-p", "tsconfig.build.json", "--noCheck", "--emitDeclarationOnly", "--outDir", folder];
  execFileSync(process.execPath, [compiler, ...args], { cwd: root });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Types of packages that are installed apart (`@types/ssh2`) are not there where samewire is: with `skipLibCheck: false` a program would not compile.
it.each(["index", "extend", "testing"])("the declarations of %s name Node's own types alone", (entry) => {
  const seen = new Set<string>();
  const foreign: string[] = [];
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, "utf8").replaceAll(/\/\*.*?\*\//gs, "");
    for (const [, specifier = ""] of text.matchAll(/(?:\bfrom |\bimport\(|^import )"([^"]+)"/gm)) {
      if (specifier.startsWith(".")) visit(join(dirname(file), specifier.replace(/\.ts$/, ".d.ts")));
      else if (!specifier.startsWith("node:")) foreign.push(`${file.slice(folder.length + 1)}: ${specifier}`);
    }
  };
  visit(join(folder, `${entry}.d.ts`));
  expect(seen.size).toBeGreaterThan(10);
  expect(foreign).toEqual([]);
});
