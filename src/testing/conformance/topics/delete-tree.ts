import type { ConformanceTopic } from "../conformance-case.ts";

export const deleteTree: ConformanceTopic = {
  name: "deleteTree",
  needs: ["writable", "directories", "listable"],
  cases: [
    {
      name: "deletes everything below and nothing beside",
      async run({ transport, seed, expectNames, expectContent }) {
        for (const path of ["tree/a", "tree/b/c", "tree/b/d/e", "tree/b/d/f g", "tree/%2e%2e/x", "tree-2/file", "tre"])
          await seed(path, path);
        await transport.mkdir("tree/empty");
        await transport.deleteTree("tree");
        await expectNames(["tre", "tree-2"]);
        await expectContent("tree-2/file", "tree-2/file");
      },
    },
    {
      name: "deletes a file, an empty directory, and a deep one",
      async run({ transport, seed, expectNames }) {
        await seed("file");
        await transport.mkdir("empty");
        await seed(`${"deep/".repeat(30)}file`);
        for (const path of ["file", "empty", "deep"]) await transport.deleteTree(path);
        await expectNames([]);
      },
    },
    {
      name: "deletes hundreds of entries",
      async run({ transport, write, expectNames }) {
        for (let index = 0; index < 5; index++) await transport.clone(`tree/dir ${index}`).createPrefix();
        await Promise.all(Array.from({ length: 300 }, (_, index) => write(`tree/dir ${index % 5}/file ${index}`, "")));
        await transport.deleteTree("tree");
        await expectNames([]);
      },
    },
    {
      name: "deletes links and follows none",
      needs: ["symlinks"],
      async run({ transport, seed, expectNames, expectContent }) {
        await seed("outside/file", "survives");
        await seed("tree/file");
        await transport.symlink("../outside", "tree/to-dir");
        await transport.symlink("../outside/file", "tree/to-file");
        await transport.symlink("..", "tree/up");
        await transport.symlink("loop", "tree/loop");
        await transport.symlink("nowhere", "tree/dangling");
        await transport.deleteTree("tree");
        await expectNames(["outside"]);
        await expectContent("outside/file", "survives");
      },
    },
    {
      name: "of a link deletes the link alone",
      needs: ["symlinks"],
      async run({ transport, seed, expectNames, expectContent }) {
        await seed("outside/file", "survives");
        await transport.symlink("outside", "link");
        await transport.deleteTree("link");
        await expectNames(["outside"]);
        await expectContent("outside/file", "survives");
      },
    },
    {
      name: "of the base deletes the base",
      async run({ transport, seed, expectNames }) {
        await seed("base/file");
        await transport.clone("base").deleteTree("");
        await expectNames([]);
      },
    },
    {
      name: "of what is missing is not-found",
      async run({ transport, rejects }) {
        await rejects(transport.deleteTree("missing"), "not-found", { operation: "deleteTree", path: "missing" });
      },
    },
  ],
};
