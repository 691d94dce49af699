import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** Builds the package where it is not: programs in processes of their own import it as its users do. */
export async function ensureBuilt(): Promise<void> {
  if (!existsSync(join(root, "dist/index.js"))) await promisify(execFile)("npm", ["run", "build"], { cwd: root });
}
