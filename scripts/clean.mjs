// Removes what the compiler made before, so that a file which is gone from src does not live on in the package.
import { rmSync } from "node:fs";

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
