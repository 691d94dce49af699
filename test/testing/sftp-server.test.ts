import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import type { ClientChannel, OpenMode, SFTPWrapper } from "ssh2";
import { afterEach, describe, expect, it } from "vitest";

import { generateSshKey } from "../../src/drivers/ssh2-server.ts";
import { FileTree } from "../../src/schemes/memory/file-tree.ts";
import { SftpSession } from "../../src/schemes/sftp/protocol/sftp-session.ts";
import type { SftpServer, SftpServerOptions } from "../../src/testing/servers/sftp-server.ts";
import { sftpServerExtensions, startSftpServer } from "../../src/testing/servers/sftp-server.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { BareClients, atOnce, call, ended, namesIn, stat } from "./bare-client.ts";

const clients = new BareClients();
const servers: SftpServer[] = [];
const folders: string[] = [];

afterEach(async () => {
  clients.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function start(options?: SftpServerOptions): Promise<SftpServer> {
  const server = await startSftpServer(options);
  servers.push(server);
  return server;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "samewire-"));
  folders.push(folder);
  return folder;
}

function open(sftp: SFTPWrapper, path: string, flags: OpenMode): Promise<Buffer> {
  return call<Buffer>((done) => sftp.open(path, flags, done));
}

describe("the in-process SFTP server", () => {
  it("closes twice, also at once, and leaves nothing that keeps a process alive", async () => {
    const held = (): string[] => process.getActiveResourcesInfo().filter((kind) => /^(TCP|Timeout)/.test(kind));
    const settled = async (): Promise<string[]> => {
      while (held().some((kind) => kind.startsWith("TCP"))) await new Promise((resolve) => setImmediate(resolve));
      return held();
    };
    const before = await settled(); // This test is the first one, so that nothing of another ends meanwhile.
    const server = await start();
    const sftp = await clients.openSftp(server);
    expect(held().length).toBeGreaterThan(before.length);
    const gone = once(sftp, "close");
    await Promise.all([server.close(), server.close()]);
    await server.close();
    await gone;
    expect([server.open, server.tree.openFiles]).toEqual([0, 0]);
    expect((await settled()).length).toBeLessThanOrEqual(before.length);
  });

  it("serves every request of version 3 to a bare ssh2 client", async () => {
    const server = await start();
    const sftp = await clients.openSftp(server);
    await call((done) => sftp.mkdir("dir", done));
    await call((done) => sftp.writeFile("dir/a", "hello", done));
    expect(String(await call((done) => sftp.readFile("dir/a", done)))).toBe("hello");
    await call((done) => sftp.rename("dir/a", "dir/b", done));
    await call((done) => sftp.symlink("b", "dir/link", done));
    expect(await namesIn(sftp, "dir")).toEqual(["b", "link"]);
    expect(await call((done) => sftp.readlink("dir/link", done))).toBe("b");
    expect(await call((done) => sftp.realpath("dir/link", done))).toBe("/home/joe/dir/b");
    await call((done) => sftp.chmod("dir/link", 0o600, done));
    await call((done) => sftp.utimes("dir/b", 1_000_000_000, 2_000_000_000, done));
    expect(await stat(sftp, "dir/link")).toMatchObject({
      size: 5,
      mode: 0o100_600,
      uid: 0,
      gid: 0,
      atime: 1_000_000_000,
      mtime: 2_000_000_000,
    });
    const handle = await open(sftp, "dir/b", "r+");
    await call((done) => sftp.fsetstat(handle, { size: 2 }, done));
    expect((await call<{ size: number }>((done) => sftp.fstat(handle, done))).size).toBe(2);
    await call((done) => sftp.close(handle, done));
    await call((done) => sftp.unlink("dir/link", done));
    await call((done) => sftp.unlink("dir/b", done));
    await call((done) => sftp.rmdir("dir", done));
    expect(await namesIn(sftp, ".")).toEqual([]);
  });

  it("serves the extensions of OpenSSH", async () => {
    const server = await start({ tree: new FileTree({ maxBytes: 1024 * 1024 }) });
    const sftp = await clients.openSftp(server);
    await call((done) => sftp.writeFile("a", "aaa", done));
    await call((done) => sftp.writeFile("b", "b", done));
    await call((done) => sftp.ext_openssh_rename("a", "b", done));
    await call((done) => sftp.ext_openssh_hardlink("b", "c", done));
    const [from, to] = [await open(sftp, "b", "r"), await open(sftp, "d", "w")];
    await call((done) => sftp.ext_copy_data(from, 1, 0, to, 2, done));
    await call((done) => sftp.ext_openssh_fsync(to, done));
    expect(String(await call((done) => sftp.readFile("d", done)))).toBe("\0\0aa");
    await call((done) => sftp.symlink("d", "link", done));
    await call((done) => sftp.ext_openssh_lsetstat("link", { mtime: 5, atime: 5 }, done));
    expect((await call<{ mtime: number }>((done) => sftp.lstat("link", done))).mtime).toBe(5);
    expect((await stat(sftp, "link")).mtime).toBeGreaterThan(5);
    expect(await call((done) => sftp.ext_openssh_statvfs(".", done))).toMatchObject({
      f_bsize: 4096,
      f_blocks: 256,
      f_bavail: 255,
    });
    expect(await namesIn(sftp, ".")).toEqual(["b", "c", "d", "link"]);
  });

  it("is a server without an extension where that is wanted", async () => {
    const server = await start({ extensions: sftpServerExtensions.filter((name) => !name.startsWith("posix-rename")) });
    const sftp = await clients.openSftp(server);
    await call((done) => sftp.writeFile("a", "", done));
    await expect(call((done) => sftp.ext_openssh_rename("a", "b", done))).rejects.toThrow(/does not support/);
    await call((done) => sftp.ext_openssh_hardlink("a", "b", done));
    expect(await namesIn(sftp, ".")).toEqual(["a", "b"]);
  });

  it("keeps large files whole, up and down, with many requests in flight", async () => {
    const server = await start();
    const sftp = await clients.openSftp(server);
    const folder = await temporaryFolder();
    const content = randomBytes(9 * 1024 * 1024 + 17);
    await writeFile(join(folder, "up"), content);
    for (const chunkSize of [32_768, 250_000]) {
      await call((done) => sftp.fastPut(join(folder, "up"), "big", { chunkSize, concurrency: 64 }, done));
      await call((done) => sftp.fastGet("big", join(folder, "down"), { chunkSize, concurrency: 64 }, done));
      expect((await readFile(join(folder, "down"))).equals(content)).toBe(true);
    }
    expect(server.tree.openFiles).toBe(0);
  });

  it("answers 64 requests in flight, each with its own answer, on several channels of one connection", async () => {
    const server = await start();
    const client = await clients.open(server);
    const sessions = await Promise.all([1, 2, 3].map(() => clients.session(client)));
    const at = (number: number): SFTPWrapper => sessions[number % sessions.length] as SFTPWrapper;
    await atOnce(192, 192, (number) => call((done) => at(number).writeFile(`f${number}`, "x".repeat(number), done)));
    const sizes: number[] = [];
    await atOnce(192, 64, async (number) => {
      sizes[number] = (await stat(at(number + 1), `f${number}`)).size;
    });
    expect(sizes).toEqual(Array.from({ length: 192 }, (_, number) => number));
    expect([server.accepted, server.open, server.counts.sessions]).toEqual([1, 1, 3]);
  });

  it("lists a directory in several answers, without losing or repeating a name", async () => {
    const tree = new FileTree();
    const expected = Array.from({ length: 1234 }, (_, at) => `${String(at).padStart(4, "0")} ü`);
    for (const name of expected) tree.mkdir(`/${name}`);
    const server = await start({ tree, home: "/" });
    expect(await namesIn(await clients.openSftp(server), "/")).toEqual(expected);
    expect(server.requests.get("readdir")).toBe(14);
  });

  it("reads no further requests while a client takes no answers, and answers them all in the end", async () => {
    const server = await start();
    const [client, other] = [await clients.open(server), await clients.openSftp(server)];
    const sftp = await clients.session(client);
    const content = randomBytes(250_000);
    await call((done) => sftp.writeFile("file", content, done));
    const handle = await open(sftp, "file", "r");
    const target = Buffer.alloc(content.length);
    clients.socketOf(client).pause();
    const reading: Promise<unknown>[] = [];
    for (let wave = 0; wave < 20; wave++) {
      for (let at = 0; at < 10; at++)
        reading.push(call((done) => sftp.read(handle, target, 0, target.length, 0, done)));
      await stat(other, "file"); // By now the server has got them.
    }
    expect(server.requests.get("read")).toBeLessThan(100);
    clients.socketOf(client).resume();
    await Promise.all(reading);
    expect([server.requests.get("read"), target.equals(content)]).toEqual([200, true]);
  });

  it("counts the requests that it gets by name, extensions by theirs", async () => {
    const server = await start();
    const sftp = await clients.openSftp(server);
    await call((done) => sftp.writeFile("a", "", done));
    await call((done) => sftp.ext_openssh_rename("a", "b", done));
    await call((done) => sftp.stat("a", () => done()));
    expect(Object.fromEntries(server.requests)).toMatchObject({
      init: 1,
      open: 1,
      close: 1,
      stat: 1,
      "posix-rename@openssh.com": 1,
    });
  });

  it("names files with any bytes where its names are Latin-1", async () => {
    const server = await start({ encoding: "latin1" });
    server.tree.mkdir("/home/joe/caf\u00e9");
    const client = await clients.open(server);
    // ssh2's own SFTP client takes every name for UTF-8.
    const channel = await call<ClientChannel>((done) => client.subsys("sftp", done));
    const sftp = await SftpSession.open(channel, { ident: "", encoding: "utf8" }, () => undefined);
    const entries = await sftp.readdir(await sftp.opendir("."));
    expect(entries?.at(-1)).toMatchObject({ name: undefined, bytes: Buffer.from([99, 97, 102, 0xe9]) });
  });

  it("takes the arguments of SYMLINK as the draft has them, unless it or the client is OpenSSH", async () => {
    const server = await start({ ident: "Draft_1.0" });
    const sftp = await clients.openSftp(server);
    await call((done) => sftp.symlink("target", "link", done));
    expect(server.tree.readlink("/home/joe/link")).toBe("target");
  });

  it("closes the files that a client had open when it goes, by goodbye or by accident", async () => {
    const server = await start();
    const [leaving, cut] = [await clients.open(server), await clients.open(server)];
    for (const client of [leaving, cut]) await open(await clients.session(client), "file", "w");
    expect(server.tree.openFiles).toBe(2);
    const closed = [ended(leaving), ended(cut)];
    leaving.end();
    server.sever();
    await Promise.all(closed);
    while (server.tree.openFiles + server.open > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it.runIf(hasProgram("openssh-sftp"))(
    titleNeeding("openssh-sftp", "serves OpenSSH's own sftp, which accepts its known_hosts line"),
    async () => {
      const key = await generateSshKey("ed25519");
      const server = await start({ users: { joe: { publicKeys: [key.public] } }, hostKeyTypes: ["ed25519", "rsa"] });
      const folder = await temporaryFolder();
      const at = (name: string): string => join(folder, name);
      await writeFile(at("known_hosts"), server.knownHosts);
      await writeFile(at("key"), key.private, { mode: 0o600 });
      const content = randomBytes(3_000_000);
      await writeFile(at("up"), content);
      const batch = [
        `put -fp ${at("up")} a`,
        "rename a b",
        "ln -s b link",
        "ln b hard",
        "mkdir dir",
        "cp b dir/copy",
        "df .",
        "ls -la",
        `get dir/copy ${at("down")}`,
        "rm dir/copy",
        "rmdir dir",
      ];
      await writeFile(at("batch"), batch.map((line) => `${line}\n`).join(""));
      const options = [`UserKnownHostsFile=${at("known_hosts")}`, `IdentityFile=${at("key")}`, "BatchMode=yes"];
      const args = [...options, "StrictHostKeyChecking=yes", "IdentitiesOnly=yes"].flatMap((option) => ["-o", option]);
      const { stdout } = await promisify(execFile)("sftp", [
        ...["-F", "none", ...args, "-b", at("batch"), "-P", String(server.port), `joe@${server.host}`],
      ]);
      expect(stdout).toMatch(/-rw-r--r-- .* root .* 3000000 .* b$/m);
      expect((await readFile(at("down"))).equals(content)).toBe(true);
      expect(server.tree.readdir("/home/joe").map(({ name }) => name)).toEqual(["b", "link", "hard"]);
      expect(server.tree.readlink("/home/joe/link")).toBe("b");
      expect(server.tree.openFiles).toBe(0);
    },
  );
});
