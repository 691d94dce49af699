import assert from "node:assert/strict";

import type { ConformanceTopic } from "../conformance-case.ts";

export const rmdir: ConformanceTopic = {
  name: "rmdir",
  needs: ["writable", "directories"],
  cases: [
    {
      name: "deletes an empty directory",
      async run({ transport, seed, expectNames }) {
        await transport.mkdir("dir");
        await transport.rmdir("dir");
        await seed("emptied/file");
        await transport.delete("emptied/file");
        await transport.rmdir("emptied/");
        await expectNames([]);
      },
    },
    {
      name: "of a directory that is not empty is directory-not-empty, and leaves it",
      async run({ transport, seed, rejects, expectContent }) {
        await seed("dir/file", "inside");
        await transport.clone("outer/inner").createPrefix();
        await rejects(transport.rmdir("dir"), "directory-not-empty", { operation: "rmdir", path: "dir" });
        await rejects(transport.rmdir("outer"), "directory-not-empty");
        await expectContent("dir/file", "inside");
        assert.equal(await transport.has("outer/inner"), true);
      },
    },
    {
      name: "of a file is not-a-directory, of what is missing not-found",
      async run({ transport, seed, rejects, expectContent }) {
        await seed("file", "still there");
        await rejects(transport.rmdir("file"), "not-a-directory", { operation: "rmdir", path: "file" });
        await rejects(transport.rmdir("missing"), "not-found", { operation: "rmdir", path: "missing" });
        await rejects(transport.rmdir("missing/deeper"), "not-found");
        await expectContent("file", "still there");
      },
    },
    {
      name: "takes foo for empty although foo-bar is not",
      async run({ transport, seed, expectContent }) {
        await transport.mkdir("foo");
        await seed("foo-bar/file", "beside");
        await transport.rmdir("foo");
        await expectContent("foo-bar/file", "beside");
      },
    },
    {
      name: "of a link to an empty directory is not-a-directory, and leaves both",
      needs: ["symlinks"],
      async run({ transport, rejects, expectNames }) {
        await transport.mkdir("dir");
        await transport.symlink("dir", "link");
        await rejects(transport.rmdir("link"), "not-a-directory", { operation: "rmdir" });
        await expectNames(["dir", "link"]);
      },
    },
  ],
};
