import { once } from "node:events";

import type { ClientChannel } from "ssh2";
import { afterEach, describe, expect, it } from "vitest";

import type { SftpServer, SftpServerOptions } from "../../src/testing/servers/sftp-server.ts";
import { startSftpServer } from "../../src/testing/servers/sftp-server.ts";
import { BareClients, call, ended, stat } from "./bare-client.ts";

const clients = new BareClients();
const servers: SftpServer[] = [];

afterEach(async () => {
  clients.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options?: SftpServerOptions): Promise<SftpServer> {
  const server = await startSftpServer(options);
  servers.push(server);
  return server;
}

async function channelTo(server: SftpServer): Promise<ClientChannel> {
  const client = await clients.open(server);
  return await call<ClientChannel>((done) => client.subsys("sftp", done));
}

/** An SFTP packet. */
function packet(type: number, ...fields: readonly (number | string | Buffer)[]): Buffer {
  const parts = fields.map((field) => (typeof field === "number" ? u32(field) : sized(field)));
  return sized(Buffer.concat([Buffer.from([type]), ...parts]));
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function sized(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([u32(bytes.length), bytes]);
}

describe("faults that a test asks of the in-process server", () => {
  it("answers a request with another status, only where the test wants it", async () => {
    const seen: unknown[] = [];
    const server = await start({
      onRequest: (name, path) => {
        if (name !== "limits@openssh.com") seen.push([name, path]); // As ssh2 pleases.
        return path?.endsWith("/b") ? { status: 3, message: "not this one" } : "answer";
      },
    });
    const sftp = await clients.openSftp(server);
    await call((done) => sftp.mkdir("/a", done));
    await expect(call((done) => sftp.mkdir("/b", done))).rejects.toMatchObject({ code: 3, message: "not this one" });
    await call((done) => sftp.writeFile("/a/file", "x", done));
    await call((done) => sftp.ext_openssh_rename("/a/file", "/a/moved", done));
    expect(seen).toEqual([
      ["init", undefined],
      ["mkdir", "/a"],
      ["mkdir", "/b"],
      ["open", "/a/file"],
      ["write", "/a/file"],
      ["close", "/a/file"],
      ["posix-rename@openssh.com", "/a/file"],
    ]);
  });

  it("leaves a request without an answer, and the others with theirs", async () => {
    const server = await start({ onRequest: (name) => (name === "lstat" ? "silence" : "answer") });
    const sftp = await clients.openSftp(server);
    let answered = false;
    sftp.lstat("/", () => (answered = true));
    await stat(sftp, "/");
    expect(answered).toBe(false);
  });

  it("cuts the connection of a request, and no other", async () => {
    const server = await start({ onRequest: (name) => (name === "rmdir" ? "drop" : "answer") });
    const [victim, other] = [await clients.open(server), await clients.openSftp(server)];
    const over = ended(victim);
    (await clients.session(victim)).rmdir("/x", () => undefined);
    await over;
    await stat(other, "/");
    expect(server.open).toBe(1);
  });

  it("says what is wrong with a test's own hook", async () => {
    const server = await start({
      onRequest: (name) => {
        if (name === "stat") throw new TypeError("a mistake in the test");
        return "answer";
      },
    });
    const sftp = await clients.openSftp(server);
    await expect(stat(sftp, "/")).rejects.toThrow("a mistake in the test");
  });

  it("comes back after being severed, with the same tree and the same key", async () => {
    const first = await start();
    const sftp = await clients.openSftp(first);
    await call((done) => sftp.mkdir("kept", done));
    await first.close();
    const second = await start({ tree: first.tree, hostKeys: first.hostKeys });
    expect((await stat(await clients.openSftp(second), "kept")).isDirectory()).toBe(true);
    expect(second.knownHosts.split(" ")[2]).toBe(first.knownHosts.split(" ")[2]);
  });
});

describe("what is no SFTP", () => {
  it("is answered as unsupported where it is a request of a kind that is not known", async () => {
    const channel = await channelTo(await start());
    channel.write(packet(1, 3));
    await once(channel, "data");
    channel.write(packet(99, 7));
    const [unknown] = (await once(channel, "data")) as [Buffer];
    expect([unknown[4], unknown.readUInt32BE(5), unknown.readUInt32BE(9)]).toEqual([101, 7, 8]);
    channel.write(packet(200, 8, "strange@example.org", "x"));
    const [extended] = (await once(channel, "data")) as [Buffer];
    expect([extended[4], extended.readUInt32BE(5), extended.readUInt32BE(9)]).toEqual([101, 8, 8]);
  });

  it("is a bad message where fields are missing or reach beyond the end", async () => {
    const channel = await channelTo(await start());
    channel.write(packet(1, 3));
    await once(channel, "data");
    for (const broken of [packet(17, 1), packet(17, 1, 0x7fff_ffff), packet(5, 1, "abcd"), packet(18, 1, "/a")]) {
      channel.write(broken);
      const [answer] = (await once(channel, "data")) as [Buffer];
      expect([answer[4], answer.readUInt32BE(5)]).toEqual([101, 1]);
      expect(answer.readUInt32BE(9)).not.toBe(0);
    }
  });

  it.each([
    ["nothing", u32(0)],
    ["more than any request has", u32(0x7fff_ffff)],
    ["a request without a number", Buffer.from([0, 0, 0, 1, 17])],
  ])("ends the connection where it is %s", async (_what, bytes) => {
    const server = await start();
    const client = await clients.open(server);
    const channel = await call<ClientChannel>((done) => client.subsys("sftp", done));
    const over = ended(client);
    channel.write(bytes);
    await over;
    await stat(await clients.openSftp(server), "/");
  });

  it("is understood however it is cut into pieces", async () => {
    const server = await start();
    const channel = await channelTo(server);
    const content = Buffer.alloc(70_000, "0123456789");
    const requests = Buffer.concat([
      packet(1, 3),
      packet(3, 1, "file", 0x1a, 0),
      packet(6, 2, u32(1), 0, 0, content).subarray(0),
      packet(4, 3, u32(1)),
    ]);
    let answers = Buffer.alloc(0);
    channel.on("data", (chunk: Buffer) => (answers = Buffer.concat([answers, chunk])));
    for (let at = 0, size = 1; at < requests.length; at += size, size = Math.ceil(size * 1.3)) {
      channel.write(requests.subarray(at, at + size));
      await new Promise((resolve) => setImmediate(resolve));
    }
    while (server.requests.get("close") === undefined) await new Promise((resolve) => setImmediate(resolve));
    const file = server.tree.open("/home/joe/file", { read: true });
    expect(file.read(0, 100_000).equals(content)).toBe(true);
    file.close();
    expect(server.tree.openFiles).toBe(0);
  });
});
