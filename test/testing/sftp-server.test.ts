import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import type { SFTPWrapper } from "ssh2";
import { Client } from "ssh2";
import { afterEach, describe, expect, it } from "vitest";

import type { SftpServer, SftpServerOptions } from "../../src/testing/servers/sftp-server.ts";
import { startSftpServer } from "../../src/testing/servers/sftp-server.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";

const clients: Client[] = [];
const servers: SftpServer[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options?: SftpServerOptions): Promise<SftpServer> {
  const server = await startSftpServer(options);
  servers.push(server);
  return server;
}

async function client(server: SftpServer, password: string = server.password): Promise<Client> {
  const ssh = new Client();
  clients.push(ssh);
  ssh.on("error", () => undefined);
  ssh.connect({ host: server.host, port: server.port, username: server.user, password });
  await once(ssh, "ready");
  return ssh;
}

async function sftp(ssh: Client): Promise<SFTPWrapper> {
  return await new Promise((resolve, reject) =>
    ssh.sftp((error, session) => (error === undefined ? resolve(session) : reject(error))),
  );
}

/** A callback-taking call as a promise. */
function call<T>(work: (done: (error: Error | null | undefined, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => work((error, value) => (error ? reject(error) : resolve(value as T))));
}

describe("the in-process SFTP server", () => {
  it("serves a bare ssh2 client, and counts what it is asked", async () => {
    const server = await start();
    const session = await sftp(await client(server));
    await call((done) => session.mkdir("dir", done));
    await call((done) => session.writeFile("dir/a", "hello", done));
    expect(String(await call((done) => session.readFile("dir/a", done)))).toBe("hello");
    await call((done) => session.ext_openssh_rename("dir/a", "dir/b", done));
    await call((done) => session.symlink("b", "dir/link", done));
    const names = await call<{ filename: string }[]>((done) => session.readdir("dir", done));
    expect(names.map(({ filename }) => filename).toSorted()).toEqual(["b", "link"]);
    expect(await call((done) => session.realpath("dir/link", done))).toBe("/home/joe/dir/b");
    await expect(call((done) => session.mkdir("dir", done))).rejects.toMatchObject({ code: 4 });
    await expect(call((done) => session.stat("missing", done))).rejects.toMatchObject({ code: 2 });
    expect([server.accepted, server.open, server.counts.sessions, server.requests.get("mkdir")]).toEqual([1, 1, 1, 2]);
  });

  it("keeps 64 requests in flight apart, and large files whole", async () => {
    const server = await start();
    const session = await sftp(await client(server));
    const content = randomBytes(3 * 1024 * 1024 + 17);
    const folder = await mkdtemp(join(tmpdir(), "samewire-"));
    try {
      await writeFile(join(folder, "up"), content);
      await call<void>((done) => session.fastPut(join(folder, "up"), "big", done));
      await call<void>((done) => session.fastGet("big", join(folder, "down"), done));
      expect((await readFile(join(folder, "down"))).equals(content)).toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
    const sizes = await Promise.all(
      Array.from({ length: 64 }, () => call<{ size: number }>((done) => session.stat("big", done as never))),
    );
    expect(new Set(sizes.map(({ size }) => size))).toEqual(new Set([content.length]));
  });

  it("refuses a wrong password and an unknown user", async () => {
    const server = await start();
    await expect(client(server, "wrong")).rejects.toThrow(/authentication/);
    expect(server.counts.logins["password"]).toBe(1);
  });

  it("refuses sessions beyond its limit", async () => {
    const server = await start({ maxSessions: 2 });
    const ssh = await client(server);
    await sftp(ssh);
    await sftp(ssh);
    await expect(sftp(ssh)).rejects.toThrow(/open failure/);
  });

  it("forwards as a jump host does, to this machine only", async () => {
    const web = createServer((_request, response) => response.end("reached")).listen(0, "127.0.0.1");
    await once(web, "listening");
    const server = await start();
    const ssh = await client(server);
    const { port } = web.address() as AddressInfo;
    const channel = await call<NodeJS.ReadWriteStream>((done) =>
      ssh.forwardOut("127.0.0.1", 0, "127.0.0.1", port, done as never),
    );
    channel.write("GET / HTTP/1.0\r\n\r\n");
    let answer = "";
    for await (const chunk of channel) answer += String(chunk);
    expect(answer).toContain("reached");
    await expect(call((done) => ssh.forwardOut("127.0.0.1", 0, "192.0.2.1", 80, done as never))).rejects.toThrow();
    expect(server.counts.forwards).toBe(1);
    web.close();
    await once(web, "close");
  });

  it("does what a test tells it to do to a request", async () => {
    const server = await start({
      onRequest: (name) => (name === "mkdir" ? { status: 3, message: "no" } : name === "rmdir" ? "drop" : "answer"),
    });
    const ssh = await client(server);
    const session = await sftp(ssh);
    await expect(call((done) => session.mkdir("x", done))).rejects.toMatchObject({ code: 3 });
    const closed = new Promise((resolve) => ssh.on("close", () => resolve(undefined)));
    session.rmdir("x", () => undefined);
    await closed;
    expect(server.open).toBe(0);
  });

  it.runIf(hasProgram("openssh-sftp"))(
    titleNeeding("openssh-sftp", "serves OpenSSH's own sftp, which accepts its known_hosts line"),
    async () => {
      const { public: publicKey, private: privateKey } = await (
        await import("../../src/drivers/ssh2-server.ts")
      ).generateSshKey("ed25519");
      const server = await start({ users: { joe: { publicKeys: [publicKey] } } });
      const folder = await mkdtemp(join(tmpdir(), "samewire-"));
      try {
        await writeFile(join(folder, "known_hosts"), server.knownHosts);
        await writeFile(join(folder, "key"), privateKey, { mode: 0o600 });
        const content = randomBytes(300_000);
        await writeFile(join(folder, "up"), content);
        await writeFile(join(folder, "batch"), `put ${folder}/up a\nrename a b\nget b ${folder}/down\nls -l\n`);
        const options = [
          `UserKnownHostsFile=${folder}/known_hosts`,
          "BatchMode=yes",
          `IdentityFile=${folder}/key`,
          "StrictHostKeyChecking=yes",
        ];
        const args = [
          "-F",
          "none",
          ...options.flatMap((option) => ["-o", option]),
          "-b",
          join(folder, "batch"),
          "-P",
          `${server.port}`,
          "joe@127.0.0.1",
        ];
        const { stdout } = await promisify(execFile)("sftp", args);
        expect(stdout).toContain("b");
        expect((await readFile(join(folder, "down"))).equals(content)).toBe(true);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );

  it("closes twice and leaves nothing open", async () => {
    const server = await start();
    await sftp(await client(server));
    await server.close();
    await server.close();
    expect(server.open).toBe(0);
  });
});
