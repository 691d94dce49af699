import assert from "node:assert/strict";

import { walk } from "../../../operations/walk.ts";
import type { ConformanceTopic } from "../conformance-case.ts";
import { collect } from "../content.ts";

export const walking: ConformanceTopic = {
  name: "walk",
  needs: ["listable"],
  cases: [
    {
      name: "gives every file below, with paths that every verb takes",
      async run({ transport, seed }) {
        const files = ["tree/a", "tree/b/c", "tree/b/d/e f", "tree/%2e%2e/x", "tree-2/no"];
        for (const path of files) await seed(path, path);
        const walked = await collect(walk(transport, "tree"));
        assert.deepEqual(walked.map(({ path }) => path).toSorted(), files.slice(0, 4).toSorted());
        for (const { path, stat } of walked) {
          assert.equal(stat.type, "file");
          assert.equal(String(await transport.getBytes(path)), path);
        }
        assert.equal((await collect(walk(transport.clone("tree")))).length, 4);
      },
    },
    {
      name: "goes depth first: what is below one directory is not mixed with what is below another",
      async run({ transport, seed }) {
        for (const directory of ["a", "b", "c"]) for (const name of ["1", "2"]) await seed(`${directory}/${name}/file`);
        const visited = (await collect(walk(transport))).map(({ path }) => path.slice(0, 1)).join("");
        assert.match(visited, /^(aa|bb|cc){3}$/);
      },
    },
    {
      name: "gives links and follows none, so that there is no cycle",
      needs: ["writable", "symlinks"],
      async run({ transport, seed }) {
        await seed("tree/file");
        await transport.symlink("..", "tree/up");
        await transport.symlink("self", "tree/self");
        await transport.symlink("nowhere", "tree/dangling");
        const walked = (await collect(walk(transport, "tree"))).map(({ name, stat }) => `${name} ${stat.type}`);
        assert.deepEqual(walked.toSorted(), ["dangling link", "file file", "self link", "up link"]);
      },
    },
    {
      name: "of what is missing is not-found, of a file not-a-directory",
      async run({ transport, seed, rejects }) {
        await seed("file");
        await rejects(collect(walk(transport, "missing")), "not-found");
        await rejects(collect(walk(transport, "file")), "not-a-directory");
      },
    },
  ],
};
