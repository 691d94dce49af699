import assert from "node:assert/strict";

import type { ConformanceTopic } from "../conformance-case.ts";

const times = ["2001-02-03T04:05:06Z", "2040-06-07T08:09:10Z", "1970-01-02T00:00:00Z"].map((time) => new Date(time));

export const attributes: ConformanceTopic = {
  name: "setAttributes",
  needs: ["writable"],
  cases: [
    {
      name: "sets exactly the permission bits that are given, of a file and of a directory",
      needs: ["modes", "directories"],
      async run({ transport, seed }) {
        await seed("dir/file");
        for (const path of ["dir/file", "dir"]) {
          for (const mode of [0o600, 0o777, 0o444, 0o700]) {
            await transport.setAttributes(path, { mode });
            assert.equal((await transport.stat(path)).mode, mode);
          }
        }
      },
    },
    {
      name: "sets the set-user-ID, set-group-ID and sticky bits, too",
      needs: ["modes", "specialModes", "directories"],
      async run({ transport, seed }) {
        await seed("dir/file");
        for (const mode of [0o4755, 0o2750]) {
          await transport.setAttributes("dir/file", { mode });
          assert.equal((await transport.stat("dir/file")).mode, mode);
        }
        await transport.setAttributes("dir", { mode: 0o1777 });
        assert.equal((await transport.stat("dir")).mode, 0o1777);
      },
    },
    {
      name: "sets the modification time before and after 2038",
      needs: ["setsMtime"],
      async run({ transport, seed }) {
        await seed("file");
        for (const time of times) {
          await transport.setAttributes("file", { mtime: time });
          assert.deepEqual((await transport.stat("file")).mtime, time);
        }
      },
    },
    {
      name: "sets the modification time of a directory, or says that the server cannot",
      needs: ["setsMtime", "directories"],
      async run({ transport, rejects }) {
        await transport.mkdir("dir");
        for (const time of times) {
          const setting = transport.setAttributes("dir", { mtime: time });
          if ((await Promise.allSettled([setting]))[0].status === "rejected") await rejects(setting, "unsupported");
          else assert.deepEqual((await transport.stat("dir")).mtime ?? time, time); // Not every server tells it.
        }
      },
    },
    {
      name: "keeps a modification time to the resolution that the capabilities say",
      needs: ["setsMtime"],
      async run({ transport, seed, capabilities }) {
        await seed("file");
        const mtime = new Date("2011-12-13T14:15:16.789Z");
        await transport.setAttributes("file", { mtime });
        const differenceMs = Math.abs(((await transport.stat("file")).mtime?.getTime() ?? 0) - mtime.getTime());
        assert.ok(differenceMs < Math.max(capabilities.mtimeResolutionMs, 1), `${differenceMs} ms off`);
      },
    },
    {
      name: "leaves what is not given, and the content",
      needs: ["modes", "setsMtime"],
      async run({ transport, write, expectContent }) {
        const mtime = new Date("2001-02-03T04:05:06Z");
        await write("file", "content", { mode: 0o640, mtime });
        await transport.setAttributes("file", { mode: 0o600 });
        assert.deepEqual((await transport.stat("file")).mtime, mtime);
        await transport.setAttributes("file", { mtime: new Date("2005-01-01T00:00:00Z") });
        assert.equal((await transport.stat("file")).mode, 0o600);
        await transport.setAttributes("file", {});
        assert.equal((await transport.stat("file")).mode, 0o600);
        await expectContent("file", "content");
      },
    },
    {
      name: "of a link sets those of what it leads to",
      needs: ["modes", "symlinks"],
      async run({ transport, seed }) {
        await seed("file");
        await transport.symlink("file", "link");
        await transport.setAttributes("link", { mode: 0o604 });
        assert.equal((await transport.stat("file")).mode, 0o604);
        assert.equal((await transport.stat("link")).type, "link");
      },
    },
    {
      name: "of what is missing is not-found",
      needs: ["setsMtime"],
      async run({ transport, rejects, expectNames }) {
        await rejects(transport.setAttributes("missing", { mtime: new Date(0) }), "not-found", {
          operation: "setAttributes",
          path: "missing",
        });
        await expectNames([]);
      },
    },
    {
      name: "refuses a mode and a time that are none",
      async run({ transport, seed, rejects }) {
        await seed("file");
        for (const mode of [-1, 0o10000, 0.5])
          await rejects(transport.setAttributes("file", { mode }), "range-not-satisfiable", {
            operation: "setAttributes",
          });
        await rejects(transport.setAttributes("file", { mtime: new Date(NaN) }), "range-not-satisfiable");
      },
    },
  ],
};
