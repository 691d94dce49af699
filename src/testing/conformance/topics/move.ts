import assert from "node:assert/strict";

import { isTransportError } from "../../../errors/transport-error.ts";
import type { ConformanceTopic } from "../conformance-case.ts";
import { patternedBytes } from "../content.ts";

export const move: ConformanceTopic = {
  name: "move",
  needs: ["writable"],
  cases: [
    {
      name: "moves a file across directories, all of it",
      async run({ transport, seed, expectContent }) {
        const content = patternedBytes(300_001);
        await seed("a/file", content);
        await seed("b/beside");
        await transport.move("a/file", "b/file");
        await expectContent("b/file", content);
        assert.equal(await transport.has("a/file"), false);
      },
    },
    {
      name: "replaces a file",
      async run({ transport, seed, expectNames, expectContent }) {
        await seed("from", "new");
        await seed("to", "old");
        await transport.move("from", "to");
        await expectContent("to", "new");
        await expectNames(["to"]);
      },
    },
    {
      name: "moves a directory whole",
      needs: ["rename", "directories"],
      async run({ transport, seed, expectContent }) {
        await seed("dir/sub/file", "inside");
        await seed("other/file");
        await transport.move("dir", "other/dir");
        await expectContent("other/dir/sub/file", "inside");
        assert.equal(await transport.has("dir"), false);
      },
    },
    {
      name: "refuses a directory in the way, empty or not: both stay",
      needs: ["directories"],
      async run({ transport, seed, rejects, expectContent }) {
        await seed("file", "file");
        await seed("dir/a", "a");
        await transport.mkdir("empty");
        for (const to of ["dir", "empty", ""])
          await rejects(transport.move("file", to), ["is-a-directory", "already-exists"], { operation: "move" });
        await rejects(transport.move("dir", "empty"), ["is-a-directory", "already-exists"]);
        await expectContent("file", "file");
        await expectContent("dir/a", "a");
        assert.equal((await transport.stat("empty")).type, "directory");
      },
    },
    {
      name: "of what is missing, or into a missing directory, is not-found, and changes nothing",
      needs: ["directories"],
      async run({ transport, seed, rejects, expectContent }) {
        await seed("file", "content");
        await rejects(transport.move("missing", "new"), "not-found", { operation: "move", path: "missing" });
        await rejects(transport.move("missing", "file"), "not-found");
        await rejects(transport.move("file", "missing/new"), "not-found", { operation: "move" });
        await expectContent("file", "content");
      },
    },
    {
      name: "of a file onto itself loses nothing",
      async run({ transport, seed, expectContent }) {
        await seed("file", "content");
        const outcome = await transport.move("file", "./file").catch((error: unknown) => error);
        assert.ok(outcome === undefined || isTransportError(outcome, "already-exists"));
        await expectContent("file", "content");
      },
    },
    {
      name: "of a link moves the link",
      needs: ["symlinks", "rename"],
      async run({ transport, seed, expectContent }) {
        await seed("file", "target");
        await transport.symlink("file", "link");
        await transport.move("link", "moved");
        assert.equal(await transport.readlink("moved"), "file");
        await expectContent("file", "target");
      },
    },
  ],
};
