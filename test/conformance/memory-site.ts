import { randomUUID } from "node:crypto";

import type { Transport } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import type { ConformanceSite } from "../../src/testing.ts";
import { memoryStore } from "../../src/testing.ts";

export interface MemorySiteOptions {
  /** Decorators before the URL: `readonly+`. */
  readonly prefix?: string;
  /** The store's name, where sites share one. */
  readonly name?: string;
  /** The list that all sites share, and with it one wire. */
  readonly possibleTransports?: Transport[];
}

let sites = 0;

/** A directory in a memory store. */
export async function memorySite(options: MemorySiteOptions = {}): Promise<ConformanceSite> {
  const { prefix = "", name = randomUUID(), possibleTransports } = options;
  const { tree } = memoryStore(name);
  const directory = `site-${++sites}`;
  const url = `memory://${name}/${directory}/`;
  tree.mkdir(`/${directory}`);
  return {
    url: `${prefix}${url}`,
    ...(possibleTransports === undefined ? {} : { possibleTransports }),
    server: memoryStore(name),
    openFiles: () => tree.openFiles,
    seed: async (path, content) => {
      await using undecorated = getTransport(url);
      await undecorated.put(path, content, { createParents: true });
    },
    reread: async (path) => {
      const file = tree.open(`/${directory}/${path}`, { read: true });
      const content = file.read(0, file.stat().sizeBytes);
      file.close();
      return content;
    },
    names: async (path) => tree.readdir(`/${directory}/${path}`).map(({ name }) => name),
    close: async () => undefined,
  };
}
