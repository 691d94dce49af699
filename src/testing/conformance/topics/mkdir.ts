import assert from "node:assert/strict";

import type { ConformanceTopic } from "../conformance-case.ts";
import { isTransportError } from "../../../errors/transport-error.ts";

export const mkdir: ConformanceTopic = {
  name: "mkdir",
  needs: ["writable", "directories"],
  cases: [
    {
      name: "makes one directory, empty",
      async run({ transport, expectNames }) {
        await transport.mkdir("dir");
        await transport.mkdir("dir/sub");
        await transport.mkdir("slash/");
        assert.equal((await transport.stat("dir/sub")).type, "directory");
        await expectNames([], "dir/sub");
        await expectNames(["dir", "slash"]);
      },
    },
    {
      name: "where a directory or a file is, is already-exists, and leaves it as it is",
      async run({ transport, seed, rejects, expectContent }) {
        await seed("dir/file", "inside");
        for (const path of ["dir", "dir/file", ""])
          await rejects(transport.mkdir(path), "already-exists", { operation: "mkdir", path });
        await expectContent("dir/file", "inside");
      },
    },
    {
      name: "where a link is, also one that leads nowhere, is already-exists",
      needs: ["symlinks"],
      async run({ transport, rejects }) {
        await transport.symlink("nowhere", "dangling");
        await rejects(transport.mkdir("dangling"), "already-exists");
        assert.equal(await transport.has("nowhere"), false);
      },
    },
    {
      name: "in a missing directory is not-found, behind a file not-a-directory or not-found",
      async run({ transport, seed, rejects, expectNames }) {
        await seed("file");
        await rejects(transport.mkdir("missing/dir"), "not-found", { operation: "mkdir", path: "missing/dir" });
        await rejects(transport.mkdir("file/dir"), ["not-a-directory", "not-found"]);
        await expectNames(["file"]);
      },
    },
    {
      name: "gives exactly the mode asked for, whatever the server's umask",
      needs: ["modes"],
      async run({ transport }) {
        for (const mode of [0o700, 0o755, 0o777, 0o770]) {
          await transport.mkdir(`dir ${mode}`, { mode });
          assert.equal((await transport.stat(`dir ${mode}`)).mode, mode);
        }
      },
    },
    {
      name: "refuses a mode that is none",
      async run({ transport, rejects, expectNames }) {
        await rejects(transport.mkdir("dir", { mode: 0o10000 }), "range-not-satisfiable", { operation: "mkdir" });
        await expectNames([]);
      },
    },
    {
      name: "of the same directory many times at once succeeds once",
      async run({ transport }) {
        const results = await Promise.allSettled(Array.from({ length: 12 }, () => transport.mkdir("dir")));
        assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
        for (const result of results)
          if (result.status === "rejected") assert.ok(isTransportError(result.reason, "already-exists"));
      },
    },
  ],
};
