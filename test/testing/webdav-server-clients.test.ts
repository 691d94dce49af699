import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { WebdavServer, WebdavServerOptions } from "../../src/testing.ts";
import { startWebdavServer, webdavServerKinds } from "../../src/testing.ts";
import { findProgram, hasProgram, titleNeeding } from "../servers/find-servers.ts";

/** The ways to be served. */
const ways: Record<string, WebdavServerOptions> = {
  "as the RFC has it": {},
  "like Apache": webdavServerKinds.apache,
  "like rclone, without its own way to overwrite": { ...webdavServerKinds.rclone, overwriteDefault: "T" },
  "behind Basic": { login: { scheme: "basic", users: { joe: "secret" } } },
};

const title = titleNeeding("rclone", "the in-process WebDAV server, to rclone,");
describe.runIf(hasProgram("rclone")).each(Object.entries(ways))(`${title} %s`, (_way, options) => {
  let server: WebdavServer;
  let folder: string;

  beforeEach(async () => {
    [server, folder] = await Promise.all([startWebdavServer(options), mkdtemp(join(tmpdir(), "samewire-"))]);
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  async function rclone(...args: string[]): Promise<string> {
    const config = join(folder, "rclone.conf");
    const env = { ...process.env, RCLONE_CONFIG: config };
    const run = promisify(execFile);
    const program = findProgram("rclone") ?? "rclone";
    const obscured = await run(program, ["obscure", "secret"], { env });
    await writeFile(
      config,
      `[dav]\ntype = webdav\nurl = ${server.url}\nvendor = other\nuser = joe\npass = ${obscured.stdout}`,
    );
    return (await run(program, ["--retries", "1", ...args], { env })).stdout;
  }

  it("is a place to copy a tree to and from, to move in and to clear", { timeout: 30_000 }, async () => {
    const source = join(folder, "source");
    await mkdir(join(source, "a b/deep"), { recursive: true });
    await writeFile(join(source, "a b/deep/100% \u00e4?.txt"), "content");
    await writeFile(join(source, "empty"), "");
    await rclone("copy", source, "dav:site");
    expect(server.tree.readdir("/site/a b/deep").map(({ name }) => name)).toEqual(["100% \u00e4?.txt"]);
    await rclone("moveto", "dav:site/empty", "dav:site/moved");
    await rclone("copyto", "dav:site/a b", "dav:site/copied");
    expect((await rclone("lsf", "-R", "dav:site")).trim().split("\n").toSorted()).toEqual([
      "a b/",
      "a b/deep/",
      "a b/deep/100% \u00e4?.txt",
      "copied/",
      "copied/deep/",
      "copied/deep/100% \u00e4?.txt",
      "moved",
    ]);
    await rclone("copy", "dav:site", join(folder, "target"));
    expect(await readFile(join(folder, "target/copied/deep/100% \u00e4?.txt"), "utf8")).toBe("content");
    await rclone("purge", "dav:site");
    expect(server.tree.readdir("/")).toEqual([]);
  });
});
