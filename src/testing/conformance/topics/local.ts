import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import type { ConformanceTopic } from "../conformance-case.ts";

export const local: ConformanceTopic = {
  name: "localPath and externalUrl",
  cases: [
    {
      name: "localPath is where other programs find the file",
      needs: ["local"],
      async run({ transport, seed }) {
        await seed("dir/a b%20c#?", "local");
        assert.equal(await readFile(transport.localPath("dir/a b%20c#?"), "utf8"), "local");
        assert.equal(transport.clone("dir").localPath("a b%20c#?"), transport.localPath("dir/a b%20c#?"));
      },
    },
    {
      name: "externalUrl is a URL without decorators and without secrets",
      async run({ transport }) {
        const url = transport.externalUrl();
        assert.match(url, /^[a-z][a-z0-9.-]*:/); // No "+", which is what ends a decorator's name.
        assert.ok(url.endsWith("/"));
        assert.equal(new URL(url).password, "");
      },
    },
  ],
};
