import assert from "node:assert/strict";

import type { ConformanceTopic } from "../conformance-case.ts";

export const has: ConformanceTopic = {
  name: "has",
  cases: [
    {
      name: "is true for a file, a directory and the base",
      async run({ transport, seed }) {
        await seed("dir/file");
        assert.equal(await transport.has("dir/file"), true);
        assert.equal(await transport.has("dir"), true);
        assert.equal(await transport.has("dir/"), true);
        assert.equal(await transport.has(""), true);
      },
    },
    {
      name: "is false where there is nothing: in a directory, in a missing one, behind a file",
      async run({ transport, seed }) {
        await seed("file");
        assert.equal(await transport.has("missing"), false);
        assert.equal(await transport.has("missing/deeper/still"), false);
        assert.equal(await transport.has("file/below"), false);
        assert.equal(await transport.has("fil"), false);
      },
    },
    {
      name: "is true for a link that resolves, false for one that does not",
      needs: ["writable", "symlinks"],
      async run({ transport, seed }) {
        await seed("file");
        await transport.symlink("file", "good");
        await transport.symlink("nowhere", "dangling");
        assert.equal(await transport.has("good"), true);
        assert.equal(await transport.has("dangling"), false);
      },
    },
    {
      name: "throws where it is something else than not there",
      async run({ transport, rejects }) {
        await rejects(transport.has("a\0b"), "invalid-path", { operation: "has" });
      },
    },
  ],
};
