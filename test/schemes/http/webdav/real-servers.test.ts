import { chmod, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startApache } from "../../../servers/apache.ts";
import { hasProgram, titleNeeding } from "../../../servers/find-servers.ts";
import { startNginx } from "../../../servers/nginx.ts";
import { startRclone } from "../../../servers/rclone.ts";
import type { WebServer } from "../../../servers/web-server.ts";
import { failureOf, open } from "../http-site.ts";

function served(start: () => Promise<WebServer>): () => WebServer {
  let server: WebServer;
  beforeAll(async () => {
    server = await start();
    // The server's processes may be another user's.
    await chmod(server.root, 0o777);
  });
  afterAll(() => server.stop());
  return () => server;
}

const url = (server: WebServer): string => `dav://127.0.0.1:${server.port}/`;

describe.runIf(hasProgram("apache"))(titleNeeding("apache", "dav: on Apache"), () => {
  const server = served(() => startApache({ dav: true }));

  async function lockElsewhere(name: string): Promise<void> {
    const body =
      '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>an editor</owner></lockinfo>';
    const headers = { "content-type": "application/xml", depth: "0" };
    const answer = await fetch(server().url(`/${name}`), { method: "LOCK", headers, body });
    expect(answer.status).toBe(200);
  }

  it("a file that another program has locked is not written, and its lock is not taken", async () => {
    const transport = open(url(server()));
    await transport.put("edited", "as it was");
    await lockElsewhere("edited");
    for (const atomic of [true, false])
      expect(await failureOf(transport.put("edited", "other", { atomic }))).toMatchObject({ code: "locked" });
    expect(await failureOf(transport.delete("edited"))).toMatchObject({ code: "locked" });
    expect(await failureOf(transport.rename("edited", "other"))).toMatchObject({ code: "locked" });
    expect(await failureOf(transport.lock("edited"))).toMatchObject({ code: "locked", temporary: true });
    expect(String(await transport.getBytes("edited"))).toBe("as it was");
    expect((await readdir(server().root)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("a lock is the server's own, and survives what its holder writes", async () => {
    const transport = open(url(server()));
    await transport.put("held", "1");
    const lock = await transport.lock("held");
    expect(transport.capabilities.lock).toBe("token");
    await transport.put("held", "2");
    const put = await fetch(server().url("/held"), { method: "PUT", body: "3" });
    expect(put.status).toBe(423);
    await lock.release();
    expect((await fetch(server().url("/held"), { method: "PUT", body: "3" })).status).toBe(204);
    expect(String(await transport.getBytes("held"))).toBe("3");
  });
});

describe.runIf(hasProgram("nginx-dav"))(titleNeeding("nginx-dav", "dav: on nginx"), () => {
  const server = served(() => startNginx({ dav: true }));

  it("a directory is never moved onto or into itself, which would destroy it", async () => {
    const transport = open(url(server()));
    await transport.put("dir/file", "content", { createParents: true });
    expect((await failureOf(transport.rename("dir", "dir/"))).code).toBe("already-exists");
    expect((await failureOf(transport.rename("dir", "dir/below"))).code).toBe("invalid-path");
    expect((await failureOf(transport.copy("dir/file", "./dir/file"))).code).toBe("already-exists");
    expect(String(await transport.getBytes("dir/file"))).toBe("content");
  });

  it("a move into a missing directory makes none", async () => {
    const transport = open(url(server()));
    await transport.put("file", "content");
    expect((await failureOf(transport.rename("file", "missing/file"))).code).toBe("not-found");
    expect(await transport.has("missing")).toBe(false);
  });

  it("hidden files of others are read, although none is written where no listing shows it", async () => {
    await writeFile(join(server().root, ".theirs"), "content");
    const transport = open(url(server()));
    expect(String(await transport.getBytes(".theirs"))).toBe("content");
    expect(await failureOf(transport.put(".ours", "x"))).toMatchObject({ code: "invalid-path" });
    expect(await readdir(server().root)).not.toContain(".ours");
    expect((await readdir(server().root)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

describe.runIf(hasProgram("rclone"))(titleNeeding("rclone", "dav: on rclone without its cache"), () => {
  const server = served(() => startRclone());

  async function* cut(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(200_000, "new");
    throw new Error("the disk is gone");
  }

  it("an upload that is cut off leaves the old file, and no part of the new one", async () => {
    const transport = open(url(server()));
    await transport.put("file", "old");
    expect(await failureOf(transport.put("file", cut()))).toMatchObject({ code: "unexpected", effect: "none" });
    expect(String(await readFile(join(server().root, "file")))).toBe("old");
    expect((await readdir(server().root)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("a lock is taken by one of many, although the server would tell each that it made its directory", async () => {
    await mkdir(join(server().root, "parent"));
    const transports = Array.from({ length: 4 }, () => open(`${url(server())}parent/`));
    const made = await Promise.allSettled(transports.flatMap((one) => [one.lock("dir"), one.lock("dir")]));
    expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of made) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "locked" });
    expect(await readdir(join(server().root, "parent"))).toEqual(["dir.lock"]);
  });

  it("a directory is not deleted as a file, with all that is in it", async () => {
    const transport = open(url(server()));
    await transport.put("full/file", "content", { createParents: true });
    expect((await failureOf(transport.delete("full"))).code).toBe("is-a-directory");
    expect((await failureOf(transport.rmdir("full"))).code).toBe("directory-not-empty");
    expect(String(await transport.getBytes("full/file"))).toBe("content");
  });
});
