import { mkdtemp, readFile, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, it } from "vitest";

import { conformance } from "../../src/testing.ts";

conformance(
  { describe, it },
  {
    name: "file",
    open: async () => {
      const directory = await mkdtemp(join(tmpdir(), "samewire-"));
      return {
        url: pathToFileURL(directory).href,
        reread: (path) => readFile(join(directory, path)),
        openFiles: () => openBelow(directory),
        close: () => rm(directory, { recursive: true, force: true }),
      };
    },
  },
);

/** Files below a directory that this process holds open, where the system tells. */
async function openBelow(directory: string): Promise<number> {
  const descriptors = await readdir("/proc/self/fd").catch((): string[] => []);
  const links = await Promise.allSettled(descriptors.map((descriptor) => readlink(`/proc/self/fd/${descriptor}`)));
  return links.filter((link) => link.status === "fulfilled" && link.value.startsWith(`${directory}/`)).length;
}
