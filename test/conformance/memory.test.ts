import { describe, it } from "vitest";

import { conformance } from "../../src/testing.ts";
import { memorySite } from "./memory-site.ts";

conformance({ describe, it }, { name: "memory", open: () => memorySite() });
