import { randomUUID } from "node:crypto";

import { getTransport } from "../../src/index.ts";
import type { ConformanceSite } from "../../src/testing.ts";
import { memoryStore } from "../../src/testing.ts";

/** A directory in a store of its own; `prefix` puts decorators before its URL: `readonly+`. */
export async function memorySite(prefix = ""): Promise<ConformanceSite> {
  const store = memoryStore(randomUUID());
  const url = `memory://${store.name}/site/`;
  store.tree.mkdir("/site");
  return {
    url: `${prefix}${url}`,
    server: store,
    openFiles: () => store.tree.openFiles,
    seed: async (path, content) => {
      await using undecorated = getTransport(url);
      await undecorated.put(path, content, { createParents: true });
    },
    reread: async (path) => {
      const file = store.tree.open(`/site/${path}`, { read: true });
      const content = file.read(0, file.stat().sizeBytes);
      file.close();
      return content;
    },
    close: async () => undefined,
  };
}
