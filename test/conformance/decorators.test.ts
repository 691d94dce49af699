import { describe, it } from "vitest";

import { conformance } from "../../src/testing.ts";
import { memorySite } from "./memory-site.ts";

for (const prefix of ["noop+", "trace+", "readonly+", "noop+trace+noop+"]) {
  conformance({ describe, it }, { name: `${prefix}memory`, open: () => memorySite({ prefix }) });
}
