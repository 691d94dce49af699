import assert from "node:assert/strict";

import { isTransportError } from "../../../errors/transport-error.ts";
import type { ConformanceTopic } from "../conformance-case.ts";

export const rename: ConformanceTopic = {
  name: "rename",
  needs: ["writable", "rename"],
  cases: [
    {
      name: "gives a file another name, in its directory or another",
      async run({ transport, seed, expectContent }) {
        await seed("a", "content");
        await seed("dir/beside");
        await transport.rename("a", "b #1");
        await expectContent("b #1", "content");
        await transport.rename("b #1", "dir/c");
        await expectContent("dir/c", "content");
        await transport.clone("dir").rename("c", "../d");
        await expectContent("d", "content");
        assert.equal(await transport.has("a"), false);
        assert.equal(await transport.has("dir/c"), false);
      },
    },
    {
      name: "replaces a file",
      needs: ["atomicReplace"],
      async run({ transport, seed, expectNames, expectContent }) {
        await seed("from", "new");
        await seed("to", "old");
        await transport.rename("from", "to");
        await expectContent("to", "new");
        await expectNames(["to"]);
      },
    },
    {
      name: "moves a directory whole",
      needs: ["directories"],
      async run({ transport, seed, expectNames, expectContent }) {
        await seed("dir/a", "a");
        await seed("dir/sub/b", "b");
        await transport.rename("dir", "other");
        await expectNames(["other"]);
        await expectContent("other/a", "a");
        await expectContent("other/sub/b", "b");
      },
    },
    {
      name: "never replaces a directory that is not empty, by a file or a directory: both stay",
      needs: ["directories"],
      async run({ transport, seed, rejects, expectContent }) {
        await seed("file", "file");
        await seed("dir/a", "a");
        await seed("full/b", "b");
        const expected = { operation: "rename" };
        await rejects(transport.rename("dir", "full"), ["directory-not-empty", "already-exists"], expected);
        await rejects(
          transport.rename("file", "full"),
          ["is-a-directory", "directory-not-empty", "already-exists"],
          expected,
        );
        await rejects(
          transport.rename("file", ""),
          ["is-a-directory", "directory-not-empty", "already-exists"],
          expected,
        );
        for (const [path, content] of [
          ["file", "file"],
          ["dir/a", "a"],
          ["full/b", "b"],
        ] as const)
          await expectContent(path, content);
      },
    },
    {
      name: "of a directory onto a file is refused: both stay",
      needs: ["directories"],
      async run({ transport, seed, rejects, expectContent }) {
        await seed("file", "file");
        await seed("dir/a", "a");
        await rejects(transport.rename("dir", "file"), ["not-a-directory", "already-exists"]);
        await expectContent("file", "file");
        await expectContent("dir/a", "a");
      },
    },
    {
      name: "of a directory into itself is refused, and loses nothing",
      needs: ["directories"],
      async run({ transport, seed, rejects, expectContent }) {
        await seed("dir/sub/file", "file");
        // SFTP's "Failure" is all that some servers say.
        await rejects(transport.rename("dir", "dir/sub/dir"), [
          "invalid-path",
          "unsupported",
          "permission-denied",
          "unexpected",
        ]);
        await expectContent("dir/sub/file", "file");
      },
    },
    {
      name: "of a file to its own name changes nothing",
      async run({ transport, seed, expectContent }) {
        await seed("file", "content");
        const outcome = await transport.rename("file", "./file").catch((error: unknown) => error);
        assert.ok(outcome === undefined || isTransportError(outcome, "already-exists"));
        await expectContent("file", "content");
      },
    },
    {
      name: "of what is missing, or into a missing directory, is not-found, and changes nothing",
      async run({ capabilities, transport, seed, rejects, expectContent }) {
        await seed("file", "content");
        await rejects(transport.rename("missing", "new"), "not-found", { operation: "rename", path: "missing" });
        await rejects(transport.rename("missing", "file"), "not-found");
        await rejects(transport.rename("missing/deeper", "new"), "not-found");
        if (capabilities.directories) await rejects(transport.rename("file", "missing/new"), "not-found");
        await expectContent("file", "content");
        assert.equal(await transport.has("new"), false);
      },
    },
    {
      name: "of a link renames the link",
      needs: ["symlinks"],
      async run({ transport, seed, expectContent }) {
        await seed("file", "target");
        await transport.symlink("file", "link");
        await transport.symlink("nowhere", "dangling");
        await transport.rename("link", "other");
        await transport.rename("dangling", "still dangling");
        assert.equal(await transport.readlink("other"), "file");
        assert.equal(await transport.readlink("still dangling"), "nowhere");
        await expectContent("file", "target");
      },
    },
    {
      name: "of the same file twice at once succeeds once",
      async run({ transport, seed }) {
        await seed("file");
        const results = await Promise.allSettled([transport.rename("file", "a"), transport.rename("file", "b")]);
        assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
        for (const result of results)
          if (result.status === "rejected") assert.ok(isTransportError(result.reason, "not-found"));
        assert.notEqual(await transport.has("a"), await transport.has("b"));
        assert.equal(await transport.has("file"), false);
      },
    },
    {
      name: "changes nothing but the letter case of a name when that is all that differs",
      needs: ["listable"],
      async run({ transport, seed, expectNames }) {
        await seed("file", "content");
        await transport.rename("file", "File");
        await expectNames(["File"]);
      },
    },
  ],
};
