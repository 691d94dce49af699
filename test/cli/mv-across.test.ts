import { existsSync, readFileSync } from "node:fs";

import { startWebdavServer } from "samewire/testing";
import { expect, it } from "vitest";

import { seedTree } from "../schemes/http/seed-tree.ts";
import { commandOfFile } from "./command-of-file.ts";

const command = await commandOfFile();

it("mv between servers moves a directory whole", async () => {
  await using server = await startWebdavServer();
  for (const path of ["/d/a", "/d/sub/b", "/d/sub/deep/c"]) seedTree(server.tree, path, path);
  server.tree.mkdir("/d/empty");
  expect(await command.run(["mv", `${server.url.replace(/^http/, "dav")}d`, "t"])).toMatchObject({ code: 0 });
  expect(readFileSync(command.file("t/sub/deep/c"), "utf8")).toBe("/d/sub/deep/c");
  expect(existsSync(command.file("t/empty"))).toBe(true);
  expect(server.tree.readdir("/")).toEqual([]);
});

it("mv between servers deletes nothing that came into the source meanwhile, and says that it is there", async () => {
  await using server = await startWebdavServer({
    onRequest: ({ method, target }) => {
      // Its directory has been listed by then.
      if (method === "GET" && target === "/d/sub/b") seedTree(server.tree, "/d/sub/late", "nobody has a copy");
      return "answer";
    },
  });
  for (const path of ["/d/a", "/d/sub/b", "/d/other/c"]) seedTree(server.tree, path, path);
  const outcome = await command.run(["mv", `${server.url.replace(/^http/, "dav")}d`, "t"]);
  const names = (path: string): readonly string[] => server.tree.readdir(path).map(({ name }) => name);
  expect(outcome.code).not.toBe(0);
  expect(outcome.stderr).toMatch(/came into it.*was left there.*\[directory-not-empty\]/s);
  expect(names("/d")).toEqual(["sub"]);
  expect(names("/d/sub")).toEqual(["late"]);
  expect(readFileSync(command.file("t/sub/b"), "utf8")).toBe("/d/sub/b");
});
