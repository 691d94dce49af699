import assert from "node:assert/strict";

import type { ConformanceTopic } from "../conformance-case.ts";
import { patternedBytes } from "../content.ts";

export const copy: ConformanceTopic = {
  name: "copy",
  needs: ["writable"],
  cases: [
    {
      name: "copies a file of any size, across directories, and leaves the source",
      async run({ transport, seed, expectContent }) {
        await seed("b/beside");
        for (const size of [0, 1, 100_000, 3_000_001]) {
          const content = patternedBytes(size);
          await seed(`a/${size}`, content);
          await transport.copy(`a/${size}`, `b/${size}`);
          await expectContent(`a/${size}`, content);
          await expectContent(`b/${size}`, content);
        }
      },
    },
    {
      name: "happens on the server: the content does not travel",
      needs: ["serverCopy", "connected"],
      async run({ transport, seed, expectContent }) {
        const content = patternedBytes(3_000_001);
        await seed("from", content);
        const travelled = (): number => {
          const { bytesSent = 0, bytesReceived = 0 } = transport.connectionReport() ?? {};
          return bytesSent + bytesReceived;
        };
        await transport.stat("from");
        const before = travelled();
        await transport.copy("from", "to");
        assert.ok(travelled() - before < content.length / 2, `${travelled() - before} bytes travelled`);
        await expectContent("to", content);
      },
    },
    {
      name: "makes a file of its own: changing one leaves the other",
      async run({ transport, seed, write, expectContent }) {
        await seed("a", "content");
        await transport.copy("a", "b");
        await transport.put("a", "changed", { atomic: false });
        await expectContent("b", "content");
        await write("b", "other");
        await expectContent("a", "changed");
      },
    },
    {
      name: "replaces a longer file",
      async run({ transport, seed, expectNames, expectContent }) {
        await seed("from", "new");
        await seed("to", patternedBytes(10_000));
        await transport.copy("from", "to");
        await expectContent("to", "new");
        await expectNames(["from", "to"]);
      },
    },
    {
      name: "keeps the permission bits of the source for a new file",
      needs: ["modes"],
      async run({ transport, write }) {
        await write("from", "x", { mode: 0o751 });
        await transport.copy("from", "to");
        assert.equal((await transport.stat("to")).mode, 0o751);
      },
    },
    {
      name: "onto a directory, or of a directory, is is-a-directory",
      needs: ["directories"],
      async run({ transport, seed, rejects, expectContent }) {
        await seed("file", "file");
        await seed("dir/a", "a");
        await transport.mkdir("empty");
        for (const to of ["dir", "empty", ""])
          await rejects(transport.copy("file", to), "is-a-directory", { operation: "copy" });
        await rejects(transport.copy("dir", "new"), "is-a-directory", { operation: "copy", path: "dir" });
        await rejects(transport.copy("dir", "file"), "is-a-directory");
        await expectContent("file", "file");
        await expectContent("dir/a", "a");
        assert.equal(await transport.has("new"), false);
      },
    },
    {
      name: "of what is missing, or into a missing directory, is not-found",
      needs: ["directories"],
      async run({ transport, seed, rejects, expectNames, expectContent }) {
        await seed("file", "content");
        await rejects(transport.copy("missing", "new"), "not-found", { operation: "copy", path: "missing" });
        await rejects(transport.copy("missing", "file"), "not-found");
        await rejects(transport.copy("file", "missing/new"), "not-found", { operation: "copy" });
        await expectContent("file", "content");
        await expectNames(["file"]);
      },
    },
    {
      name: "of a file onto itself is refused, and loses nothing",
      async run({ transport, seed, rejects, expectContent }) {
        await seed("file", "content");
        await rejects(transport.copy("file", "./file"), "already-exists", { operation: "copy" });
        await expectContent("file", "content");
      },
    },
    {
      name: "of a link copies what it leads to, and onto a link replaces the link",
      needs: ["symlinks"],
      async run({ transport, seed, expectContent }) {
        await seed("file", "content");
        await seed("target", "target");
        await transport.symlink("file", "from");
        await transport.symlink("target", "to");
        await transport.copy("from", "new");
        await transport.copy("from", "to");
        for (const path of ["new", "to"]) {
          assert.equal((await transport.stat(path)).type, "file");
          await expectContent(path, "content");
        }
        await expectContent("target", "target");
        assert.equal(await transport.readlink("from"), "file");
      },
    },
    {
      name: "of a link onto its own target loses nothing",
      needs: ["symlinks"],
      async run({ transport, seed, expectContent }) {
        const content = patternedBytes(6_000_001);
        await seed("file", content);
        await transport.symlink("file", "link");
        await Promise.allSettled([transport.copy("link", "file")]); // A success and a refusal are both fine.
        await expectContent("file", content);
      },
    },
  ],
};
