import assert from "node:assert/strict";

import type { ConformanceTopic } from "../conformance-case.ts";
import { oddChunks, patternedBytes } from "../content.ts";

export const append: ConformanceTopic = {
  name: "append",
  needs: ["writable", "append"],
  cases: [
    {
      name: "creates a file, then extends it, and returns the length before",
      async run({ transport, expectContent }) {
        assert.equal(await transport.append("file", "one"), 0);
        assert.equal(await transport.append("file", Buffer.from(" two")), 3);
        assert.equal(await transport.append("file", oddChunks(Buffer.from(" three"))), 7);
        await expectContent("file", "one two three");
      },
    },
    {
      name: "adds nothing from something empty, but creates the file",
      async run({ transport, expectContent }) {
        assert.equal(await transport.append("file", ""), 0);
        await expectContent("file", "");
        await transport.append("file", "x");
        assert.equal(await transport.append("file", oddChunks(new Uint8Array())), 1);
        await expectContent("file", "x");
      },
    },
    {
      name: "adds more than a packet to more than a packet",
      async run({ transport, write, expectContent }) {
        const [first, second] = [patternedBytes(700_001), patternedBytes(900_003, 2)];
        await write("file", first);
        assert.equal(await transport.append("file", oddChunks(second)), first.length);
        await expectContent("file", Buffer.concat([first, second]));
      },
    },
    {
      name: "gives the mode to a new file only",
      needs: ["modes"],
      async run({ transport }) {
        await transport.append("file", "x", { mode: 0o640 });
        assert.equal((await transport.stat("file")).mode, 0o640);
        await transport.append("file", "y", { mode: 0o600 });
        assert.equal((await transport.stat("file")).mode, 0o640);
      },
    },
    {
      name: "follows a link",
      needs: ["symlinks"],
      async run({ transport, seed, expectContent }) {
        await seed("file", "one");
        await transport.symlink("file", "link");
        assert.equal(await transport.append("link", " two"), 3);
        await expectContent("file", "one two");
      },
    },
    {
      name: "into a missing directory is not-found, to a directory is-a-directory",
      needs: ["directories"],
      async run({ transport, rejects }) {
        await transport.mkdir("dir");
        await rejects(transport.append("missing/file", "x"), "not-found", {
          operation: "append",
          path: "missing/file",
        });
        await rejects(transport.append("dir", "x"), "is-a-directory", { operation: "append", path: "dir" });
      },
    },
  ],
};
