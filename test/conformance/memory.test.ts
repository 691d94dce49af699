import { randomUUID } from "node:crypto";
import { describe, it } from "vitest";

import { conformance } from "../../src/testing.ts";
import type { MemorySiteOptions } from "./memory-site.ts";
import { memorySite } from "./memory-site.ts";

conformance({ describe, it }, { name: "memory", open: () => memorySite() });

const shared: MemorySiteOptions = { name: randomUUID(), possibleTransports: [] };
conformance({ describe, it }, { name: "memory, every case on one wire,", open: () => memorySite(shared) });
