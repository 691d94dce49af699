import { randomUUID } from "node:crypto";
import { describe, it } from "vitest";

import { Registry, connectedScheme, getTransportFrom } from "../../src/extend.ts";
import type { Capabilities } from "../../src/index.ts";
import { memoryConnector } from "../../src/schemes/memory/memory-connector.ts";
import { MemoryPrimitives } from "../../src/schemes/memory/memory-primitives.ts";
import { memoryScheme } from "../../src/schemes/memory/memory-scheme.ts";
import type { MemorySession } from "../../src/schemes/memory/memory-session.ts";
import { memoryStore } from "../../src/schemes/memory/memory-store.ts";
import type { ConformanceSubject } from "../../src/testing.ts";
import { conformance } from "../../src/testing.ts";

/** What a server without the comforts of a file system can do: the verbs must get by, and say what they cannot. */
const meagre: Partial<Capabilities> = {
  append: false,
  writeStream: false,
  atomicReplace: false,
  rename: false,
  serverCopy: false,
  symlinks: false,
  hardlinks: false,
  modes: false,
  setsMtime: false,
  lock: "none",
};

/** What only readers meet: an index page, an archive. */
const readable: Partial<Capabilities> = { ...meagre, writable: false };

conformance({ describe, it }, limited("a meagre server", meagre));
conformance({ describe, it }, limited("a read-only server", readable));
conformance({ describe, it }, limited("a server of one operation at a time", { writeStream: false }, 1));

/** A scheme over a memory store that declares fewer capabilities, and leaves out whatever is optional. */
function limited(name: string, lacking: Partial<Capabilities>, leasesPerWire = Infinity): ConformanceSubject {
  const registry = new Registry();
  registry.registerScheme(memoryScheme);
  registry.registerScheme(
    connectedScheme<MemorySession>({
      ...memoryScheme,
      names: ["limited"],
      connector: ({ location }) => ({
        ...memoryConnector(memoryStore(location.host), `limited://${location.host}`),
        leasesPerWire,
      }),
      primitives: (connection) => {
        const primitives = new MemoryPrimitives(connection);
        const capabilities = { ...primitives.capabilities, ...lacking };
        return Object.defineProperties(primitives, {
          capabilities: { value: capabilities },
          readBytesAt: { value: undefined },
          openReaderAt: { value: undefined },
        });
      },
    }),
  );
  return {
    name,
    getTransport: (...call) => getTransportFrom(registry, ...call),
    open: async () => {
      const store = memoryStore(randomUUID());
      store.tree.mkdir("/site");
      return {
        url: `limited://${store.name}/site/`,
        server: store,
        openFiles: () => store.tree.openFiles,
        seed: async (path, content) => {
          await using writer = getTransportFrom(registry, `memory://${store.name}/site/`);
          await writer.put(path, content, { createParents: true });
        },
        close: async () => undefined,
      };
    },
  };
}
