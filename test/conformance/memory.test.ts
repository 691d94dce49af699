import { randomUUID } from "node:crypto";
import { describe, it } from "vitest";

import { conformance, memoryStore } from "../../src/testing.ts";

conformance(
  { describe, it },
  {
    name: "memory",
    open: async () => {
      const name = randomUUID();
      const store = memoryStore(name);
      const at = (path: string): string => `/site/${path}`;
      store.tree.mkdir("/site");
      return {
        url: `memory://${name}/site/`,
        server: store,
        reread: async (path) => store.tree.open(at(path), { read: true }).read(0, store.tree.stat(at(path)).sizeBytes),
        close: async () => undefined,
      };
    },
  },
);
