import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";

import { Client, FTPError, FileType } from "basic-ftp";
import { afterEach, describe, expect, it } from "vitest";

import { ftpServerFeatures } from "../../src/testing/servers/ftp-features.ts";
import type { FtpServer, FtpServerOptions } from "../../src/testing/servers/ftp-server.ts";
import { startFtpServer } from "../../src/testing/servers/ftp-server.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";

const clients: Client[] = [];
const servers: FtpServer[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function start(options: FtpServerOptions = {}): Promise<FtpServer> {
  const server = await startFtpServer(options);
  servers.push(server);
  return server;
}

/** The ways to be served. */
const ways: Record<string, FtpServerOptions> = {
  "in the clear": {},
  "in the clear, with replies of several lines": { multiline: true, welcome: "Hello\n220 you" },
  "like vsftpd": {
    features: ftpServerFeatures.filter((feature) => !["MLST", "MFMT"].includes(feature)),
    listsMissingAsEmpty: true,
  },
  "under explicit TLS": { tls: "explicit", requireSessionReuse: true },
  "under explicit TLS 1.2": { tls: "explicit", requireSessionReuse: true, maxTlsVersion: "TLSv1.2" },
  "under implicit TLS": { tls: "implicit", requireSessionReuse: true },
};

describe.each(Object.entries(ways))("the in-process FTP server, %s", (_way, options) => {
  async function open(server: FtpServer, password = server.password): Promise<Client> {
    const client = new Client(20_000);
    clients.push(client);
    const { host, port, user, ca, url } = server;
    const secure = url.startsWith("ftps:") ? "implicit" : url.startsWith("ftpes:");
    await client.access({
      host,
      port,
      user,
      password,
      secure,
      ...(ca !== undefined && { secureOptions: { ca, host } }),
    });
    return client;
  }

  async function download(client: Client, name: string, startAt = 0): Promise<Buffer> {
    const stream = new PassThrough();
    const [content] = await Promise.all([buffer(stream), client.downloadTo(stream, name, startAt)]);
    return content;
  }

  it("serves basic-ftp", async () => {
    const server = await start(options);
    const client = await open(server);
    const content = randomBytes(3_000_017);
    await client.ensureDir("one/two");
    await client.uploadFrom(Readable.from([content]), "a file");
    await client.appendFrom(Readable.from(["more"]), "a file");
    expect(await client.size("a file")).toBe(content.length + 4);
    expect((await download(client, "a file")).equals(Buffer.concat([content, Buffer.from("more")]))).toBe(true);
    expect((await download(client, "a file", content.length)).toString()).toBe("more");
    await client.rename("a file", "ü");
    server.tree.setAttributes(
      "/home/joe/one/two/ü",
      { mode: 0o751, mtime: new Date("2001-02-03T04:05:00Z") },
      { followLinks: true },
    );
    expect(await client.lastMod("ü")).toEqual(new Date("2001-02-03T04:05:00Z"));
    server.tree.symlink("ü", "/home/joe/one/two/link");
    const entries = await client.list();
    expect(entries.map(({ name, type, size, link }) => ({ name, type, size, link }))).toEqual([
      { name: "ü", type: FileType.File, size: content.length + 4, link: undefined },
      { name: "link", type: FileType.SymbolicLink, size: expect.any(Number), link: "ü" },
    ]);
    expect(entries[0]?.permissions).toEqual({ user: 7, group: 5, world: 1 });
    await client.cd("/home/joe");
    await client.removeDir("one");
    await expect(client.remove("none")).rejects.toThrow(FTPError);
    expect(await client.pwd()).toBe("/home/joe");
    expect(server.tree.readdir("/home/joe")).toEqual([]);
    expect([server.accepted, server.open, server.counts.logins, server.tree.openFiles]).toEqual([1, 1, 1, 0]);
    if (options.tls !== undefined) expect(server.counts.dataSessionsResumed).toBe(server.dataConnections);
  });

  it("refuses basic-ftp with a wrong password", async () => {
    const server = await start(options);
    await expect(open(server, "wrong")).rejects.toMatchObject({ code: 530 });
    expect(server.counts).toMatchObject({ logins: 0, refusedLogins: 1 });
  });

  it.runIf(hasProgram("curl"))(titleNeeding("curl", "serves curl"), async () => {
    const server = await start(options);
    const folder = await mkdtemp(join(tmpdir(), "samewire-"));
    folders.push(folder);
    const at = (name: string): string => join(folder, name);
    const content = randomBytes(2_000_003);
    await writeFile(at("up"), content);
    await writeFile(at("more"), "more");
    await writeFile(at("ca"), server.ca ?? "");
    const base = new URL(server.url.replace("ftpes:", "ftp:"));
    const url = (path: string): string => `${base.protocol}//${base.host}/${path}`;
    const curl = async (...args: string[]): Promise<string> => {
      const tls = server.ca === undefined ? [] : ["--ssl-reqd", "--cacert", at("ca")];
      const common = ["-q", "-sS", "--max-time", "20", "--user", `${server.user}:${server.password}`, ...tls];
      return (await promisify(execFile)("curl", [...common, ...args])).stdout;
    };
    await curl("-T", at("up"), "--ftp-create-dirs", url("dir/a%20file"));
    await curl("-T", at("more"), "--append", url("dir/a%20file"));
    await curl("-o", at("down"), url("dir/a%20file"));
    expect((await readFile(at("down"))).equals(Buffer.concat([content, Buffer.from("more")]))).toBe(true);
    expect(await curl("-r", "2000003-", url("dir/a%20file"))).toBe("more");
    expect(await curl("--disable-epsv", "-r", "2000003-2000004", url("dir/a%20file"))).toBe("mo");
    expect(await curl("-I", url("dir/a%20file"))).toMatch(/Content-Length: 2000007/);
    expect(await curl(url("dir/"))).toMatch(/^-rw-r--r-- .* 2000007 .* a file\n$/);
    expect(await curl("--list-only", url("dir/"))).toBe("a file\n");
    await curl("-Q", "RNFR dir/a file", "-Q", "RNTO moved", "-Q", "RMD dir", url(""));
    expect(server.tree.readdir("/home/joe").map(({ name }) => name)).toEqual(["moved"]);
    await expect(curl(url("none"))).rejects.toMatchObject({ code: 78 });
    await expect(curl("--user", "joe:wrong", url(""))).rejects.toMatchObject({ code: 67 });
    expect(server.tree.openFiles).toBe(0);
    // All but the one for what is not there, which never came to be encrypted.
    if (options.tls !== undefined) expect(server.counts.dataSessionsResumed).toBe(server.dataConnections - 1);
  });
});
