import assert from "node:assert/strict";

import type { ConformanceTopic } from "../conformance-case.ts";
import { patternedBytes } from "../content.ts";

export const stat: ConformanceTopic = {
  name: "stat",
  cases: [
    {
      name: "tells a file and its length in bytes",
      async run({ transport, seed }) {
        await seed("file", "\u00e4\u00f6\u00fc");
        await seed("empty", "");
        await seed("large", patternedBytes(300_001));
        const { type, sizeBytes, mtime } = await transport.stat("file");
        assert.equal(type, "file");
        assert.equal(sizeBytes, 6);
        if (mtime !== undefined) assert.ok(mtime instanceof Date && !Number.isNaN(mtime.getTime()));
        assert.equal((await transport.stat("empty")).sizeBytes, 0);
        assert.equal((await transport.stat("large")).sizeBytes, 300_001);
      },
    },
    {
      name: "tells a directory, and that the base is one",
      async run({ transport, seed }) {
        await seed("dir/file");
        assert.equal((await transport.stat("dir")).type, "directory");
        assert.equal((await transport.stat("dir/")).type, "directory");
        assert.equal((await transport.stat("")).type, "directory");
      },
    },
    {
      name: "gives the twelve permission bits and no others",
      needs: ["modes"],
      async run({ transport, seed }) {
        await seed("dir/file");
        for (const path of ["dir", "dir/file"]) {
          const { mode } = await transport.stat(path);
          assert.ok(mode !== undefined && mode >= 0 && mode <= 0o7777, `${path}: ${String(mode)}`);
        }
      },
    },
    {
      name: "of what is not there is not-found, also in a missing directory",
      async run({ transport, rejects }) {
        await rejects(transport.stat("missing"), "not-found", { operation: "stat", path: "missing" });
        await rejects(transport.stat("missing/deeper"), "not-found", { operation: "stat", path: "missing/deeper" });
        await rejects(transport.clone("missing").stat(""), "not-found", { operation: "stat", path: "" });
      },
    },
    {
      name: "behind a file is not-a-directory or not-found",
      async run({ transport, seed, rejects }) {
        await seed("file");
        await rejects(transport.stat("file/below"), ["not-a-directory", "not-found"]);
      },
    },
    {
      name: "describes a link as a link, and what it leads to when asked",
      needs: ["writable", "symlinks", "directories"],
      async run({ transport, seed, rejects }) {
        await seed("dir/file", "12345");
        await transport.symlink("dir/file", "to-file");
        await transport.symlink("dir", "to-dir");
        await transport.symlink("nowhere", "dangling");
        for (const link of ["to-file", "to-dir", "dangling"]) assert.equal((await transport.stat(link)).type, "link");
        const file = await transport.stat("to-file", { followLinks: true });
        assert.deepEqual([file.type, file.sizeBytes], ["file", 5]);
        assert.equal((await transport.stat("to-dir", { followLinks: true })).type, "directory");
        await rejects(transport.stat("dangling", { followLinks: true }), "not-found");
      },
    },
    {
      name: "describes a link as a link also when it is the base",
      needs: ["writable", "symlinks", "directories"],
      async run({ transport, seed }) {
        await seed("dir/file");
        await transport.symlink("dir", "link");
        const base = transport.clone("link");
        assert.equal((await base.stat("")).type, "link");
        assert.equal((await base.stat("", { followLinks: true })).type, "directory");
        assert.equal((await base.stat("file")).type, "file");
      },
    },
    {
      name: "of a link that leads to itself fails when followed, and not otherwise",
      needs: ["writable", "symlinks"],
      async run({ transport, rejects }) {
        await transport.symlink("loop", "loop");
        assert.equal((await transport.stat("loop")).type, "link");
        // Servers call it "too many levels of links", which SFTP has no code for.
        await rejects(transport.stat("loop", { followLinks: true }), ["not-found", "invalid-path", "unexpected"]);
      },
    },
    {
      name: "gives a modification time near that of the write",
      needs: ["writable", "setsMtime"],
      async run({ transport, write }) {
        await write("first", "1", { mtime: new Date("2001-02-03T04:05:06Z") });
        await write("second", "2");
        const [first, second] = [await transport.stat("first"), await transport.stat("second")];
        assert.equal(first.mtime?.toISOString(), "2001-02-03T04:05:06.000Z");
        assert.ok((second.mtime?.getTime() ?? 0) > Date.parse("2020-01-01"), "a file that was just written is not old");
      },
    },
  ],
};
