// Removes what the compiler made before, so that a file which is gone from src does not live on in the package.
import { rmSync } from "node:fs";

for (const folder of ["../dist", "../.build/lib"])
  rmSync(new URL(folder, import.meta.url), { recursive: true, force: true });
