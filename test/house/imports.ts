import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const sourceFolder: string = fileURLToPath(new URL("../../src/", import.meta.url));

export interface SourceFile {
  /** Relative to src, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly { readonly specifier: string; readonly typeOnly: boolean; readonly lazy: boolean }[];
}

const staticImport = /^(?:import|export)\s+(type\s+)?(?:[^"';]*?\s+from\s+)?"([^"]+)"/gm;
const lazyImport = /(?<![#.\w])(?:import|require)\(\s*"([^"]+)"/g;

/** Every file of src with what it imports. */
export function sourceFiles(): SourceFile[] {
  return readdirSync(sourceFolder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => {
      const text = readFileSync(join(sourceFolder, path), "utf8");
      const fixed = [...text.matchAll(staticImport)].map(([, type, specifier]) => ({
        specifier: specifier as string,
        typeOnly: type !== undefined,
        lazy: false,
      }));
      const lazy = [...text.matchAll(lazyImport)].map(([, specifier]) => ({
        specifier: specifier as string,
        typeOnly: false,
        lazy: true,
      }));
      return { path: path.replaceAll("\\", "/"), text, imports: [...fixed, ...lazy] };
    });
}

/** What a relative specifier leads to, relative to src; undefined for a package or a builtin. */
export function targetOf(file: SourceFile, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return relative(sourceFolder, join(sourceFolder, dirname(file.path), specifier)).replaceAll("\\", "/");
}
