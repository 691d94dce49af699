import assert from "node:assert/strict";

import type { ConformanceTopic } from "../conformance-case.ts";

export const prefix: ConformanceTopic = {
  name: "ensureBase and createPrefix",
  needs: ["writable", "directories"],
  cases: [
    {
      name: "make the base and say so, and say false where it was there",
      async run({ transport, seed, expectContent }) {
        assert.equal(await transport.clone("one").ensureBase(), true);
        assert.equal(await transport.clone("one").ensureBase(), false);
        assert.equal(await transport.clone("two").createPrefix(), true);
        await seed("two/file", "inside");
        assert.equal(await transport.clone("two").createPrefix(), false);
        assert.equal(await transport.clone("two").ensureBase(), false);
        assert.equal(await transport.ensureBase(), false);
        await expectContent("two/file", "inside");
      },
    },
    {
      name: "ensureBase makes one level only: not-found where its parent is missing",
      async run({ transport, rejects, expectNames }) {
        await rejects(transport.clone("missing/base").ensureBase(), "not-found", { operation: "ensureBase" });
        await expectNames([]);
      },
    },
    {
      name: "createPrefix makes every missing directory above",
      async run({ transport }) {
        assert.equal(await transport.clone("a/b/c/d/e").createPrefix(), true);
        assert.equal(await transport.clone("a/b/c/d/e").createPrefix(), false);
        assert.equal(await transport.clone("a/b/other").createPrefix(), true);
        assert.equal((await transport.stat("a/b/c/d/e")).type, "directory");
      },
    },
    {
      name: "createPrefix many times at once ends with one directory, made once",
      async run({ transport }) {
        const made = await Promise.all(Array.from({ length: 10 }, () => transport.clone("a/b/c").createPrefix()));
        assert.equal(made.filter(Boolean).length, 1);
        assert.equal((await transport.stat("a/b/c")).type, "directory");
      },
    },
    {
      name: "refuse a file in the way, and leave it",
      async run({ transport, seed, rejects, expectContent }) {
        await seed("file", "in the way");
        await rejects(transport.clone("file").ensureBase(), "not-a-directory", { operation: "ensureBase" });
        await rejects(transport.clone("file").createPrefix(), "not-a-directory", { operation: "createPrefix" });
        await rejects(transport.clone("file/a/b").createPrefix(), ["not-a-directory", "not-found"]);
        await expectContent("file", "in the way");
      },
    },
    {
      name: "take a link to a directory for the directory",
      needs: ["symlinks"],
      async run({ transport }) {
        await transport.mkdir("dir");
        await transport.symlink("dir", "link");
        assert.equal(await transport.clone("link").ensureBase(), false);
        assert.equal(await transport.clone("link/sub").createPrefix(), true);
        assert.equal((await transport.stat("dir/sub")).type, "directory");
      },
    },
    {
      name: "give the base exactly the mode asked for",
      needs: ["modes"],
      async run({ transport }) {
        await transport.clone("base").ensureBase({ mode: 0o702 });
        assert.equal((await transport.stat("base")).mode, 0o702);
        await transport.clone("above/base").createPrefix({ mode: 0o720 });
        assert.equal((await transport.stat("above/base")).mode, 0o720);
      },
    },
    {
      name: "say nothing was made at the root",
      async run({ transport }) {
        assert.equal(await transport.clone("/").createPrefix(), false);
      },
    },
  ],
};
