import assert from "node:assert/strict";

import type { ConformanceTopic } from "../conformance-case.ts";
import { collect } from "../content.ts";

export const list: ConformanceTopic = {
  name: "list",
  needs: ["listable"],
  cases: [
    {
      name: "of an empty directory gives nothing",
      needs: ["writable", "directories"],
      async run({ transport }) {
        await transport.mkdir("empty");
        assert.deepEqual(await collect(transport.list("empty")), []);
        assert.deepEqual(await collect(transport.clone("empty").list()), []);
      },
    },
    {
      name: "gives names, and paths that every verb takes, without . and ..",
      async run({ transport, seed, expectNames }) {
        await seed("dir/a", "a");
        await seed("dir/b/c", "c");
        await expectNames(["a", "b"], "dir");
        for (const path of ["dir", "dir/", "./dir", "dir/b/.."]) {
          const entries = await collect(transport.list(path));
          assert.equal(entries.length, 2);
          for (const entry of entries)
            assert.equal(transport.abspath(entry.path), transport.abspath(`dir/${entry.name}`));
          for (const entry of entries) assert.equal(await transport.has(entry.path), true, entry.path);
        }
      },
    },
    {
      name: "gives names that begin with a dot as well, but for an index page that leaves them out, or they are refused",
      async run({ capabilities, seed, names, rejects }) {
        await seed("dir/a");
        const hidden = await Promise.allSettled([seed("dir/.hidden")]);
        const found = await names("dir");
        if (hidden[0].status === "rejected") await rejects(Promise.reject(hidden[0].reason), "invalid-path");
        else if (capabilities.writable || found.length > 1) assert.deepEqual(found, [".hidden", "a"]);
        else assert.deepEqual(found, ["a"]);
      },
    },
    {
      name: "of the base gives paths without a prefix",
      async run({ transport, seed }) {
        await seed("file");
        for (const path of [undefined, "", "."]) {
          assert.deepEqual(
            (await collect(transport.list(path))).map((entry) => entry.path),
            ["file"],
          );
        }
      },
    },
    {
      name: "gives no stat that differs from what stat says",
      async run({ transport, seed }) {
        await seed("dir/file", "12345");
        await seed("dir/sub/file");
        for (const entry of await collect(transport.list("dir"))) {
          if (entry.stat === undefined) continue;
          const { type, sizeBytes, mode } = await transport.stat(entry.path);
          assert.equal(entry.stat.type, type);
          if (type === "file") assert.equal(entry.stat.sizeBytes, sizeBytes);
          if (entry.stat.mode !== undefined) assert.equal(entry.stat.mode, mode);
        }
      },
    },
    {
      name: "gives a link as a link",
      needs: ["writable", "symlinks"],
      async run({ transport, seed }) {
        await seed("dir/file");
        await transport.symlink("file", "dir/link");
        await transport.symlink("nowhere", "dir/dangling");
        const entries = await collect(transport.list("dir"));
        assert.deepEqual(entries.map(({ name }) => name).toSorted(), ["dangling", "file", "link"]);
        for (const { name, stat } of entries)
          if (stat !== undefined) assert.equal(stat.type, name === "file" ? "file" : "link");
      },
    },
    {
      name: "of what is missing is not-found, of a file not-a-directory",
      async run({ transport, seed, rejects }) {
        await seed("file");
        await rejects(collect(transport.list("missing")), "not-found", { operation: "list", path: "missing" });
        await rejects(collect(transport.list("missing/deeper")), "not-found", { operation: "list" });
        await rejects(collect(transport.list("file")), "not-a-directory", { operation: "list", path: "file" });
      },
    },
    {
      name: "gives each of 500 entries once",
      needs: ["writable"],
      async run({ transport, write, expectNames }) {
        const all = Array.from({ length: 500 }, (_, index) => `entry ${index}`);
        await Promise.all(all.map((name) => write(name, "")));
        await expectNames(all.toSorted());
        assert.equal((await collect(transport.list())).length, 500);
      },
    },
    {
      name: "lets a loop over it read every file",
      async run({ transport, seed }) {
        for (const name of ["a", "b", "c"]) await seed(`dir/${name}`, name);
        const found: string[] = [];
        for await (const { path } of transport.list("dir")) found.push(String(await transport.getBytes(path)));
        assert.deepEqual(found.toSorted(), ["a", "b", "c"]);
      },
    },
    {
      name: "lets a loop over it delete every file",
      needs: ["writable", "directories"],
      async run({ transport, seed, expectNames }) {
        for (const name of ["a", "b", "c"]) await seed(`dir/${name}`, name);
        for await (const { path } of transport.list("dir")) await transport.delete(path);
        await expectNames([], "dir");
      },
    },
    {
      name: "with mtimes gives the modification times of files, where they are kept",
      needs: ["writable", "setsMtime"],
      async run({ transport, write, seed }) {
        const mtime = new Date("2011-12-13T14:15:16Z");
        await seed("dir/deeper/other");
        for (const name of ["one", "two words", "3"]) await write(`dir/${name}`, "content", { mtime });
        const entries = await collect(transport.list("dir", { mtimes: true }));
        const times = entries.flatMap(({ stat }) => (stat?.type === "file" ? [stat.mtime] : []));
        assert.deepEqual(times, [mtime, mtime, mtime]);
        assert.equal(entries.length, 4);
      },
    },
    {
      name: "may be abandoned at any entry",
      async run({ transport, seed }) {
        for (const name of ["a", "b", "c"]) await seed(`dir/${name}`);
        for (let times = 0; times < 30; times++) {
          for await (const { name } of transport.list("dir")) {
            assert.ok(name.length === 1);
            break;
          }
        }
        assert.equal((await collect(transport.list("dir"))).length, 3);
      },
    },
    {
      name: "asks for nothing until it is iterated",
      async run({ transport, seed }) {
        const listing = transport.list("later");
        await seed("later/file");
        assert.deepEqual(
          (await collect(listing)).map(({ name }) => name),
          ["file"],
        );
      },
    },
  ],
};
