import assert from "node:assert/strict";

import type { ConformanceTopic } from "../conformance-case.ts";

export const deletion: ConformanceTopic = {
  name: "delete",
  needs: ["writable"],
  cases: [
    {
      name: "deletes a file and nothing beside it",
      async run({ transport, seed, expectContent }) {
        for (const name of ["foo", "foo-bar", "fo"]) await seed(name, name);
        await transport.delete("foo");
        assert.equal(await transport.has("foo"), false);
        await expectContent("foo-bar", "foo-bar");
        await expectContent("fo", "fo");
      },
    },
    {
      name: "of what is missing is not-found, every time",
      async run({ transport, seed, rejects }) {
        await seed("file");
        await rejects(transport.delete("missing"), "not-found", { operation: "delete", path: "missing" });
        await rejects(transport.delete("missing/deeper"), "not-found");
        await transport.delete("file");
        await rejects(transport.delete("file"), "not-found", { operation: "delete", path: "file" });
      },
    },
    {
      name: "of a directory, empty or not, is is-a-directory",
      needs: ["directories"],
      async run({ transport, seed, rejects, expectContent }) {
        await seed("full/file", "inside");
        await transport.mkdir("empty");
        for (const path of ["full", "empty"])
          await rejects(transport.delete(path), "is-a-directory", { operation: "delete", path });
        assert.equal(await transport.has("empty"), true);
        await expectContent("full/file", "inside");
      },
    },
    {
      name: "deletes a link and never its target",
      needs: ["symlinks", "directories"],
      async run({ transport, seed, expectNames, expectContent }) {
        await seed("dir/file", "target");
        await transport.symlink("dir/file", "to-file");
        await transport.symlink("dir", "to-dir");
        await transport.symlink("nowhere", "dangling");
        for (const link of ["to-file", "to-dir", "dangling"]) await transport.delete(link);
        await expectNames(["dir"]);
        await expectContent("dir/file", "target");
      },
    },
  ],
};
