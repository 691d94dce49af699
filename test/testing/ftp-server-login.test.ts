import { afterEach, describe, expect, it } from "vitest";

import { FileTree } from "../../src/schemes/memory/file-tree.ts";
import type { FtpServer, FtpServerOptions } from "../../src/testing/servers/ftp-server.ts";
import { startFtpServer } from "../../src/testing/servers/ftp-server.ts";
import { RawFtpClient } from "./raw-ftp-client.ts";

const clients: RawFtpClient[] = [];
const servers: FtpServer[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options?: FtpServerOptions): Promise<FtpServer> {
  const server = await startFtpServer(options);
  servers.push(server);
  return server;
}

async function connect(server: FtpServer, options?: { localAddress: string }): Promise<RawFtpClient> {
  const client = await RawFtpClient.connect(server, options);
  clients.push(client);
  return client;
}

/** The replies to a whole login: the greeting, USER, PASS. */
async function attempt(client: RawFtpClient, user: string, password: string): Promise<string[]> {
  return [await client.reply(), ...(await client.commands(`USER ${user}`, `PASS ${password}`))];
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const codes = (replies: readonly string[]): string => replies.map((reply) => reply.slice(0, 3)).join(" ");

describe("logins to the in-process FTP server", () => {
  it("let in who is known, by the right password, and nobody else", async () => {
    const server = await start({ users: { ann: "a pass", "": "x" } });
    expect([server.user, server.password]).toEqual(["ann", "a pass"]);
    const client = await connect(server);
    expect(await client.reply()).toMatch(/^220 /);
    expect(await client.commands("PWD", "PASS x", "CWD /")).toEqual([
      expect.stringMatching(/^530 /),
      expect.stringMatching(/^503 /),
      expect.stringMatching(/^530 /),
    ]);
    for (const [user, password] of [
      ["ann", "A pass"],
      ["Ann", "a pass"],
      ["bob", ""],
      ["anonymous", ""],
      ["constructor", ""],
    ]) {
      expect(codes(await client.commands(`USER ${user}`, `PASS ${password}`)), user).toBe("331 530");
    }
    expect(await client.command("PWD")).toMatch(/^530 /);
    expect(codes(await client.commands("USER ann", "PASS a pass", "PWD"))).toBe("331 230 257");
    expect(server.counts).toMatchObject({ logins: 1, refusedLogins: 5, refused: 0 });
  });

  it("let anybody in to read, where that is wanted", async () => {
    const tree = new FileTree();
    tree.open("/file", { write: true, create: true }).close();
    const server = await start({ anonymous: true, users: {}, tree });
    expect(server.url).toBe(`ftp://127.0.0.1:${server.port}/~/`);
    expect([server.user, server.password]).toEqual(["anonymous", ""]);
    const client = await connect(server);
    expect(codes(await attempt(client, "anonymous", "me@"))).toBe("220 331 230");
    expect((await client.download("RETR file")).replies.at(-1)).toMatch(/^226 /);
    expect((await client.download("MLSD")).data.toString()).toMatch(/perm=el;[^]*perm=r;/);
    const changes = ["DELE file", "MKD a", "RMD a", "RNFR file", "RNTO b", "SITE CHMOD 600 file"];
    for (const line of [...changes, "MFMT 20200102030405 file", "MDTM 20200102030405 file"])
      expect(await client.command(line), line).toBe("550 Permission denied.");
    for (const line of ["STOR a", "STOR file", "APPE file"]) {
      await client.passive();
      expect(await client.command(line), line).toBe("550 Permission denied.");
    }
    expect(tree.readdir("/").map(({ name }) => name)).toEqual(["file"]);
    const mixed = await start({ anonymous: true });
    expect(codes(await attempt(await connect(mixed), "ftp", ""))).toBe("220 331 230");
    expect(codes(await attempt(await connect(mixed), "joe", "wrong"))).toBe("220 331 530");
    await expect(startFtpServer({ users: {} })).rejects.toThrow(RangeError);
  });

  it("ask for an account, where there is one", async () => {
    const server = await start({ account: "main account" });
    const client = await connect(server);
    expect(codes(await attempt(client, server.user, server.password))).toBe("220 331 332");
    expect(codes(await client.commands("PWD", "ACCT other", "ACCT main account"))).toBe("530 530 503");
    expect(codes(await client.commands("USER joe", `PASS ${server.password}`, "ACCT main account"))).toBe(
      "331 332 230",
    );
    expect(server.counts).toMatchObject({ logins: 1, refusedLogins: 1 });
  });

  it("greet with any text, and answer with several lines where that is wanted", async () => {
    const server = await start({ welcome: "Hello\n220 lines\nin all", multiline: true });
    const client = await connect(server);
    expect(await client.reply()).toBe("220-Hello\n220-220 lines\n220 in all");
    expect(await client.command("NOOP")).toBe("200-This is\n 200 not the end of it:\n200 I am here.");
    await client.commands("USER joe", `PASS ${server.password}`);
    expect((await client.upload("STOR a", "hello")).map((reply) => reply.split("\n").length)).toEqual([1, 3]);
    expect(await client.command("FEAT")).toMatch(/^211-Features:\n EPSV\n/);
  });
});

describe("limits of the in-process FTP server", () => {
  it("refuse one too many with 421 in the place of the greeting, until one has left or the limit is raised", async () => {
    const server = await start({ maxConnections: 2 });
    const [first, second] = [await connect(server), await connect(server)];
    expect(codes([await first.reply(), await second.reply()])).toBe("220 220");
    const third = await connect(server);
    expect(await third.reply()).toMatch(/^421 .*too many connected users/);
    expect(await third.reply()).toBe(""); // It is closed.
    expect([server.accepted, server.open, server.counts.refused, server.counts.maxOpen]).toEqual([2, 2, 1, 2]);
    expect(await first.command("QUIT")).toMatch(/^221 /);
    first.close();
    await until(() => server.open === 1);
    expect(await (await connect(server)).reply()).toMatch(/^220 /);
    server.maxConnections = 3;
    expect(server.maxConnections).toBe(3);
    expect(await (await connect(server)).reply()).toMatch(/^220 /);
    server.maxConnections = 1; // Who is there stays.
    expect(await second.command("NOOP")).toMatch(/^200 /);
    expect(await (await connect(server)).reply()).toMatch(/^421 /);
  });

  it("count the connections of each address by themselves", async () => {
    const server = await start({ maxConnectionsPerHost: 1 });
    expect(server.maxConnectionsPerHost).toBe(1);
    expect(await (await connect(server)).reply()).toMatch(/^220 /);
    expect(await (await connect(server)).reply()).toMatch(/^421 .*from your internet address/);
    expect(await (await connect(server, { localAddress: "127.0.0.2" })).reply()).toMatch(/^220 /);
    server.maxConnectionsPerHost = 2;
    expect(await (await connect(server)).reply()).toMatch(/^220 /);
    expect(server.counts.maxOpen).toBe(3);
  });

  it("have words of their own: a 421 for the greeting, a 530 for the login", async () => {
    const full = await start({ maxConnections: 0, limitReply: "421-Sorry,\n421 we are full" });
    expect(await (await connect(full)).reply()).toBe("421-Sorry,\n421 we are full");
    const server = await start({ maxConnectionsPerHost: 1, limitReply: "530 Sorry, no more than 1 client" });
    const [first, second] = [await connect(server), await connect(server)];
    expect(codes(await attempt(first, server.user, server.password))).toBe("220 331 230");
    const replies = await attempt(second, server.user, server.password);
    expect(codes(replies)).toBe("220 331 530");
    expect(replies[2]).toBe("530 Sorry, no more than 1 client");
    expect(await second.reply()).toBe("");
    expect(server.counts).toMatchObject({ accepted: 2, logins: 1, refused: 1, refusedLogins: 0 });
    first.close();
    await until(() => server.open === 0);
    expect(codes(await attempt(await connect(server), server.user, server.password))).toBe("220 331 230");
  });

  it("say 421 to who is silent for too long, and close; not to who waits for a transfer", async () => {
    const server = await start({ idleTimeoutMs: 400 });
    const [idle, busy] = [await connect(server), await (await connect(server)).login()];
    await idle.reply();
    const socket = await busy.passive();
    const storing = busy.command("STOR slow");
    expect(await idle.reply()).toMatch(/^421 /);
    expect(await idle.reply()).toBe("");
    expect(await storing).toMatch(/^150 /);
    socket.end("data");
    expect(await busy.reply()).toMatch(/^226 /);
    expect(await busy.reply()).toMatch(/^421 /);
    clients.forEach((client) => client.close());
    await until(() => server.open === 0);
  });

  it("closes a connection that sends a line without end", async () => {
    const server = await start();
    const client = await connect(server);
    await client.reply();
    client.send("x".repeat(100_000));
    expect(await client.reply()).toMatch(/^500 /);
    expect(await client.reply()).toBe("");
  });
});
