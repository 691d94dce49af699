import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const requireHere = createRequire(import.meta.url);

/** What is installed of a package of npm, whether or not it exports its own description; undefined where nothing is. */
export function packageVersion(name: string): string | undefined {
  if (name === "samewire") return (requireHere("samewire/package.json") as { readonly version: string }).version;
  for (const folder of requireHere.resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8")) as { version: string }).version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return undefined;
}
