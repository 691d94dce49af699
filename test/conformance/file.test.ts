import { mkdtemp, readFile, rm } from "node:fs/promises";
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
        close: () => rm(directory, { recursive: true, force: true }),
      };
    },
  },
);
