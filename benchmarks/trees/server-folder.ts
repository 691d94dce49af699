import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Transport } from "samewire";
import { copyTree, getTransport } from "samewire";

import type { Site } from "../sites/site.ts";
import { manifestOf } from "./made-tree.ts";

/** What a server serves, without the clients that are measured. */
export interface ServerFolder {
  /** Puts a tree of this machine there. */
  fill(name: string, local: string): Promise<void>;
  manifest(name: string): Promise<string>;
  remove(name: string): Promise<void>;
}

export function serverFolder({ directory, roots: [root], options }: Site): ServerFolder {
  return directory === undefined ? throughServer(getTransport(root, undefined, options)) : onThisMachine(directory);
}

function onThisMachine(directory: string): ServerFolder {
  return {
    fill: (name, local) => cp(local, join(directory, name), { recursive: true }),
    manifest: (name) => manifestOf(join(directory, name)),
    remove: (name) => rm(join(directory, name), removal),
  };
}

/** For a server that keeps its files in the memory of this process. */
function throughServer(transport: Transport): ServerFolder {
  return {
    async fill(name, local) {
      await copyTree(getTransport(local), transport.clone(name));
    },
    async manifest(name) {
      const folder = await mkdtemp(join(tmpdir(), "samewire-tree-"));
      try {
        await copyTree(transport.clone(name), getTransport(join(folder, "copy")));
        return await manifestOf(join(folder, "copy"));
      } finally {
        await rm(folder, removal);
      }
    },
    async remove(name) {
      if (await transport.has(name)) await transport.deleteTree(name);
    },
  };
}

/** A server whose client was ended may still be writing for a moment. */
export const removal = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 } as const;
