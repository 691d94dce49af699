import assert from "node:assert/strict";

import type { ConformanceTopic } from "../conformance-case.ts";
import { bytesOf, collect } from "../content.ts";

const targets = ["file", "nowhere", "a b%20c#?", "caf\u00e9", "./dir/./x", "-rf"];

/** What leads out of the directory, which a boundary refuses. */
const targetsOutside = ["../beside", "/an/absolute/one"];

export const symbolicLinks: ConformanceTopic = {
  name: "symlink and readlink",
  needs: ["writable", "symlinks"],
  cases: [
    {
      name: "keep the text of a link as it was given, whether or not it leads anywhere",
      async run({ transport }) {
        for (const [index, target] of targets.entries()) {
          await transport.symlink(target, `link ${index}`);
          assert.equal(await transport.readlink(`link ${index}`), target);
        }
      },
    },
    {
      name: "keep a text that leads elsewhere, too, or refuse it: outside-base",
      async run({ transport, rejects, expectNames }) {
        const made: string[] = [];
        for (const target of targetsOutside) {
          const making = transport.symlink(target, "link");
          const [{ status }] = await Promise.allSettled([making]);
          if (status === "rejected") {
            await rejects(making, "outside-base", { operation: "symlink", path: "link" });
            continue;
          }
          made.push(target);
          assert.equal(await transport.readlink("link"), target);
          await transport.delete("link");
        }
        assert.ok(made.length === 0 || made.length === targetsOutside.length);
        await expectNames([]);
      },
    },
    {
      name: "resolve a link from the directory that it is in",
      async run({ transport, seed }) {
        await seed("dir/file", "in dir");
        await seed("file", "above");
        await transport.symlink("file", "dir/link");
        await transport.symlink("../file", "dir/up");
        assert.equal(String(await transport.getBytes("dir/link")), "in dir");
        assert.equal(String(await transport.getBytes("dir/up")), "above");
      },
    },
    {
      name: "let every reading verb go through a link to a directory",
      async run({ transport, seed, capabilities }) {
        await seed("dir/file", "inside");
        await transport.symlink("dir", "link");
        assert.equal(String(await transport.getBytes("link/file")), "inside");
        assert.equal(String(await bytesOf(await transport.clone("link").get("file"))), "inside");
        if (capabilities.listable) {
          assert.deepEqual(
            (await collect(transport.list("link"))).map(({ path }) => path),
            ["link/file"],
          );
        }
        assert.equal(await transport.has("link/file"), true);
      },
    },
    {
      name: "let files be written through a link to a directory",
      needs: ["atomicReplace"],
      async run({ transport, seed, expectContent }) {
        await seed("dir/file", "old");
        await transport.symlink("dir", "link");
        await transport.put("link/file", "new");
        await transport.put("link/other", "other");
        await expectContent("dir/file", "new");
        await expectContent("dir/other", "other");
      },
    },
    {
      name: "refuse to replace anything: already-exists",
      async run({ transport, seed, rejects, expectContent }) {
        await seed("dir/file", "content");
        await transport.symlink("nowhere", "link");
        for (const path of ["dir", "dir/file", "link"]) {
          await rejects(transport.symlink("x", path), "already-exists", { operation: "symlink", path });
        }
        await expectContent("dir/file", "content");
        assert.equal(await transport.readlink("link"), "nowhere");
      },
    },
    {
      name: "in a missing directory, or of what is missing, is not-found",
      async run({ transport, rejects }) {
        await rejects(transport.symlink("x", "missing/link"), "not-found", {
          operation: "symlink",
          path: "missing/link",
        });
        await rejects(transport.readlink("missing"), "not-found", { operation: "readlink", path: "missing" });
      },
    },
    {
      name: "of what is no link is an error, and not not-found",
      async run({ transport, seed, rejects }) {
        await seed("dir/file");
        for (const path of ["dir", "dir/file"]) {
          await rejects(transport.readlink(path), ["unsupported", "invalid-path", "unexpected"], {
            operation: "readlink",
            path,
          });
        }
      },
    },
  ],
};

export const hardLinks: ConformanceTopic = {
  name: "hardlink",
  needs: ["writable", "hardlinks"],
  cases: [
    {
      name: "makes another name of the same file",
      async run({ transport, seed, expectContent }) {
        await seed("file", "one");
        await seed("dir/beside");
        await transport.hardlink("file", "dir/other");
        await transport.put("file", "changed in place", { atomic: false });
        await expectContent("dir/other", "changed in place");
        await transport.delete("file");
        await expectContent("dir/other", "changed in place");
        assert.equal((await transport.stat("dir/other")).type, "file");
      },
    },
    {
      name: "refuses to replace anything: already-exists",
      async run({ transport, seed, rejects, expectContent }) {
        await seed("file", "one");
        await seed("other", "two");
        await rejects(transport.hardlink("file", "other"), "already-exists", { operation: "hardlink", path: "other" });
        await expectContent("other", "two");
      },
    },
    {
      name: "of what is missing, or into a missing directory, is not-found",
      async run({ transport, seed, rejects }) {
        await seed("file");
        await rejects(transport.hardlink("missing", "new"), "not-found", { operation: "hardlink" });
        await rejects(transport.hardlink("file", "missing/new"), "not-found", {
          operation: "hardlink",
          path: "missing/new",
        });
      },
    },
    {
      name: "of a directory is refused",
      async run({ transport, seed, rejects, expectNames }) {
        await seed("dir/file");
        await rejects(transport.hardlink("dir", "other"), [
          "is-a-directory",
          "permission-denied",
          "unsupported",
          "unexpected",
        ]);
        await expectNames(["dir"]);
      },
    },
  ],
};
