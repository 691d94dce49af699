import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";

import { beforeEach, describe, expect, it } from "vitest";
import { createClient } from "webdav";

import { getTransport, walk } from "../../../src/index.ts";
import type { FileTree } from "../../../src/testing.ts";
import { startSftpServer } from "../../../src/testing.ts";
import { fingerprintOf } from "../../reuse/sites.ts";
import { findProgram, hasProgram, titleNeeding } from "../../servers/find-servers.ts";
import { afterwards, longAgo } from "../gateway-site.ts";
import type { DavSite } from "./dav-site.ts";
import { memorySite, token, writable } from "./dav-site.ts";

const run = promisify(execFile);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "samewire-"));
  return () => rm(folder, { recursive: true });
});

/** A gateway to an SFTP server that counts its connections. */
async function sftpGateway(): Promise<{ site: DavSite; tree: FileTree; accepted: () => number }> {
  const server = await startSftpServer();
  afterwards(() => server.close());
  const hostKeyFingerprints = server.hostKeys.map((key) => fingerprintOf(key.public));
  const ssh = { config: null, agent: null, identityFile: null, hostKeyFingerprints };
  const transport = getTransport(server.url, undefined, { password: server.password, ssh });
  afterwards(() => transport.disconnect());
  return { site: await writable(transport), tree: server.tree, accepted: () => server.accepted };
}

async function pathsBelow(site: DavSite): Promise<string[]> {
  const transport = getTransport(site.gateway.url.replace("http:", "dav:"), [], { user: "joe", password: token });
  afterwards(() => transport.disconnect());
  const paths: string[] = [];
  for await (const { path } of walk(transport)) paths.push(path);
  return paths.toSorted();
}

describe.runIf(hasProgram("rclone"))(titleNeeding("rclone", "rclone, through a gateway to an SFTP server,"), () => {
  /** With as many requests at once as it likes. */
  async function rcloneAt(site: DavSite): Promise<(...args: string[]) => Promise<string>> {
    const program = findProgram("rclone") ?? "rclone";
    const config = join(folder, "rclone.conf");
    const env = { ...process.env, RCLONE_CONFIG: config };
    const obscured = await run(program, ["obscure", token], { env });
    const place = `url = ${site.gateway.url}\nuser = joe\npass = ${obscured.stdout}`;
    // As Nextcloud's, a server is sent the time of each file.
    await writeFile(config, `[dav]\ntype = webdav\nvendor = owncloud\n${place}`);
    return async (...args) => (await run(program, ["--retries", "1", ...args], { env })).stdout;
  }

  it(
    "copies a tree up and down, moves in it, brings it up to date and clears it, over one wire",
    { timeout: 60_000 },
    async () => {
      const { site, accepted } = await sftpGateway();
      const rclone = await rcloneAt(site);
      const source = join(folder, "source");
      await mkdir(join(source, "a b/deep"), { recursive: true });
      const odd = "a b/deep/100% \u00e4?#.txt";
      await writeFile(join(source, odd), "content");
      await writeFile(join(source, "empty"), "");
      await writeFile(join(source, "large"), Buffer.alloc(3_000_000, "large "));
      await utimes(join(source, "large"), longAgo, longAgo);
      await rclone("copy", source, "dav:site");
      expect(await pathsBelow(site)).toEqual([`site/${odd}`, "site/empty", "site/large"]);
      await rclone("moveto", "dav:site/empty", "dav:site/moved");
      await rclone("copyto", "dav:site/a b", "dav:site/copied");
      await rclone("copy", "dav:site", join(folder, "target"));
      for (const [path, original] of [
        [odd, odd],
        ["copied/deep/100% \u00e4?#.txt", odd],
        ["moved", "empty"],
        ["large", "large"],
      ] as const)
        // Megabytes: toEqual would look at each byte by itself, for a quarter of a minute.
        expect(
          (await readFile(join(folder, "target", path))).equals(await readFile(join(source, original))),
          path,
        ).toBe(true);
      // By size and modification time: nothing that is the same is sent again, and what is not in the source goes.
      await writeFile(join(source, odd), "changed content");
      const uploads = async (): Promise<string[]> => {
        site.answered.length = 0;
        await rclone("sync", source, "dav:site");
        return site.answered.filter(({ method }) => method === "PUT").map(({ target }) => decodeURIComponent(target));
      };
      expect((await uploads()).toSorted()).toEqual([`/site/${odd}`, "/site/empty"]);
      expect(await uploads()).toEqual([]);
      expect(await pathsBelow(site)).toEqual([`site/${odd}`, "site/empty", "site/large"]);
      await rclone("check", "--download", source, "dav:site");
      await rclone("purge", "dav:site");
      expect(await pathsBelow(site)).toEqual([]);
      expect(accepted()).toBe(1);
    },
  );
});

describe("the npm package webdav, through a gateway,", () => {
  it("writes, lists, moves, copies, locks and deletes", async () => {
    const site = await memorySite();
    const client = createClient(site.gateway.url, { username: "joe", password: token });
    await client.createDirectory("/a/b \u00e4", { recursive: true });
    await client.putFileContents("/a/b \u00e4/100%.txt", "content");
    expect(await client.putFileContents("/a/b \u00e4/100%.txt", "other", { overwrite: false })).toBe(false);
    await pipeline(createReadStream(import.meta.filename), client.createWriteStream("/a/streamed") as Writable);
    await client.copyFile("/a", "/copied");
    await client.moveFile("/copied/streamed", "/moved");
    const all = (await client.getDirectoryContents("/copied/b \u00e4")) as { basename: string; size: number }[];
    expect(all.map(({ basename, size }) => [basename, size])).toEqual([["100%.txt", 7]]);
    expect(await client.getFileContents("/copied/b \u00e4/100%.txt", { format: "text" })).toBe("content");
    await expect.poll(() => site.content("/moved")).toBe(await readFile(import.meta.filename, "utf8"));
    const { token: held } = await client.lock("/moved");
    await expect(client.putFileContents("/moved", "x")).rejects.toThrow("423");
    await client.unlock("/moved", held);
    await client.deleteFile("/a");
    expect(site.names("/").toSorted()).toEqual(["copied", "moved"]);
  });

  it("is refused without the token", async () => {
    const site = await memorySite();
    const client = createClient(site.gateway.url, { username: "joe", password: "another" });
    await expect(client.putFileContents("/f", "x")).rejects.toThrow("401");
    expect(site.names("/")).toEqual([]);
  });
});

describe.runIf(hasProgram("curl"))(titleNeeding("curl", "curl, through a gateway,"), () => {
  async function curl(...args: string[]): Promise<string> {
    return (
      await run(findProgram("curl") ?? "curl", ["--silent", "--show-error", "--write-out", "%{http_code}", ...args])
    ).stdout;
  }

  it("uploads with -T, large files as well, by either way to show the token", async () => {
    const site = await memorySite();
    const file = join(folder, "large");
    await writeFile(file, Buffer.alloc(5_000_000, "large "));
    expect(await curl("-T", file, "--user", `joe:${token}`, `${site.gateway.url}`)).toBe("201");
    expect(await curl("-T", file, "--oauth2-bearer", token, `${site.gateway.url}again`)).toBe("201");
    expect([site.content("/large").length, site.content("/again").length]).toEqual([5_000_000, 5_000_000]);
  });

  it("is told why it may not, and sends a large file no further", async () => {
    const site = await memorySite();
    const file = join(folder, "large");
    await writeFile(file, Buffer.alloc(5_000_000));
    expect(await curl("-T", file, "--user", "joe:wrong", `${site.gateway.url}`)).toMatch(/token.*401$/s);
    expect(site.names("/")).toEqual([]);
  });
});
